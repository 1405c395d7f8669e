using System.Text.Json;
using System.Text.RegularExpressions;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Tests.Support;
using Capture = Prism.Supervisor.Tests.Support.Capture;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>The hosts that are shipped, as the supervisor finds them: their supervisor.json, their secrets file at its path in the store, their key as OpenFile= hands it over.</summary>
[Trait("ring", "process")]
public sealed class NixSecretsTests
{
    private const int HangGuard = 300_000;

    // flake: the outputs; read: the configuration, the secrets file and the key of an evaluated host.
    private const string Definitions = """
        let
          flake = import ./packaging/nix/tests/packages/flake.nix;
          read = host: {
            json = host.etc."prism/supervisor.json";
            secrets = let file = host.config.services.prism.secretsFile; in file.contents or (builtins.readFile file);
            keyFile = host.config.services.prism.keyFile;
            etc = builtins.mapAttrs (_: file: { inherit (file) mode; source = toString file.source; }) host.config.environment.etc;
          };
          machine = change: import ./packaging/nix/tests/evaluate.nix {
            alone = true;
            modules = [ { nixpkgs.overlays = [ flake.overlays.default ]; } flake.checks.x86_64-linux.vm.test.nodes.machine change ];
          };
        in
        """;

    [Theory(Timeout = HangGuard)]
    [InlineData("flake.nixosConfigurations.midship")]
    [InlineData("machine { }")]
    public async Task They_are_taken(string host)
    {
        var ran = await RunAsync(host);

        Assert.True(ran is { Code: 0, Error: "" }, ran.Error);
        Assert.Contains("POSTGRES_USER=prism", ran.Variables);
        Assert.Contains("POSTGRES_HOST=/run/postgresql", ran.Variables);
        Assert.Contains(ran.Variables, one => one.StartsWith("SECRET_KEY=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_key_of_the_vm_is_a_file_of_its_own_that_only_root_reads()
    {
        var vm = await ReadAsync("machine { }");

        var key = vm.GetProperty("etc").GetProperty(vm.GetProperty("keyFile").GetString()!["/etc/".Length..]);
        Assert.Equal(("0400", Repository.PathTo("samples", "secrets", "age-key.txt")), (key.GetProperty("mode").GetString(), key.GetProperty("source").GetString()));
    }

    /// <summary>NixOS has its time zones and languages in the store, and says so to every unit: a site without them would keep its times in UTC.</summary>
    [Fact]
    public void What_NixOS_gives_to_every_unit_reaches_the_site()
    {
        using var folder = new TempFolder();
        var given = Regex.Matches(File.ReadAllText(Repository.PathTo("packaging", "nix", "tests", "golden", "prism-django.service")), "(?m)^Environment=\"([A-Z_]+)=(.*)\"$")
            .ToDictionary(line => line.Groups[1].Value, line => line.Groups[2].Value);
        var options = OptionsReader.Read(folder.Write("supervisor.json", "{}"), given);

        var environment = SiteEnvironment.Build(options, given, []);

        Assert.Equal(["LOCALE_ARCHIVE", "PATH", "TZDIR"], environment.Names.Order(StringComparer.Ordinal));
        Assert.All(given, pair => Assert.Equal(pair.Value, environment[pair.Key]));
    }

    // In a root of its own, where the store holds the file at its path and nothing else.
    private static async Task<Capture> RunAsync(string expression)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "a root file system of its own needs root");
        using var folder = new TempFolder();
        var host = await ReadAsync(expression);
        var file = JsonElement.Parse(host.GetProperty("json").GetString()!).GetProperty("secrets").GetProperty("file").GetString()!;
        _ = folder.Write("prism.env", host.GetProperty("secrets").GetString()!);
        _ = folder.Write("supervisor.json", host.GetProperty("json").GetString()!);
        var (root, state) = (Directory.CreateDirectory(folder["root"]).FullName, Directory.CreateDirectory(folder["state"]).FullName);
        var environment = new Dictionary<string, string> { ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin", ["STATE_DIRECTORY"] = state };

        return await Capture.RunAsync("/usr/bin/unshare", Capture.Complete(environment), folder.Path, "--mount", Programs.Shell, "-euc", $"""
            mount -t tmpfs -o mode=0755 tmpfs {root}
            for entry in /*; do
                case $entry in /nix) continue ;; esac
                if [ -L "$entry" ]; then cp -a "$entry" {root}/; continue; fi
                [ -d "$entry" ] || continue
                mkdir {root}$entry
                mount --rbind "$entry" {root}$entry
            done
            install -D -m 0444 prism.env {root}{file}
            install -m 0400 {Repository.PathTo("samples", "secrets", "age-key.txt")} age.key
            exec 3<age.key
            export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=age-key SYSTEMD_EXEC_PID=$$
            exec chroot {root} "$@"
            """, "sh", Programs.Supervisor, "exec", "--config", folder["supervisor.json"], "--user", "root", "--", "env", "-0");
    }

    private static async Task<JsonElement> ReadAsync(string host)
    {
        var answer = await NixPackages.EvaluateAsync($"{Definitions} read ({host})");
        Assert.True(answer.Code == 0, answer.Error);
        return JsonElement.Parse(answer.Text);
    }
}
