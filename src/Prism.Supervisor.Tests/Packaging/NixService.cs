using System.Text.Json;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>packaging/nix/service.nix as a host would have it, evaluated by nix-instantiate with the project's stand-ins (packaging/nix/tests/evaluate.nix).</summary>
internal sealed record NixService(IReadOnlyDictionary<string, string> Units, IReadOnlyDictionary<string, string> Etc, IReadOnlyDictionary<string, string> Commands, IReadOnlyDictionary<string, string> WantedBy, IReadOnlyList<string> Folders)
{
    public const string Enabled = """services.prism = { enable = true; hosts = [ "midship.local" ]; };""";

    private const string Program = "/usr/bin/nix-instantiate";

    public string Unit => Units["prism-django.service"];

    public JsonElement Configuration => JsonElement.Parse(Etc["prism/supervisor.json"]);

    /// <summary>The service with these settings beside the enabled one; Nix's own words when it is refused.</summary>
    public static async Task<(NixService? Service, string Error)> TryEvaluateAsync(string settings)
    {
        var expression = $$"""
            let
              host = import {{Repository.PathTo("packaging", "nix", "tests", "evaluate.nix")}} { modules = [ ({ pkgs, lib, ... }: { imports = [ { {{Enabled}} } { {{settings}} } ]; }) ]; };
            in { inherit (host) units etc commands wantedBy; folders = builtins.concatMap builtins.attrNames (builtins.attrValues host.config.systemd.tmpfiles.settings); }
            """;
        var answer = await RunAsync("--eval", "--strict", "--json", "--expr", expression);
        return answer.Code == 0 ? (Read(answer.Text), answer.Error) : (null, answer.Error);
    }

    public static async Task<NixService> EvaluateAsync(string settings = "")
    {
        var (service, error) = await TryEvaluateAsync(settings);
        return service ?? throw new InvalidOperationException(error);
    }

    /// <summary>nix-instantiate without a store of its own and without a network; the test is skipped where there is none.</summary>
    public static Task<Capture> RunAsync(params string[] arguments)
    {
        Assert.SkipUnless(File.Exists(Program), "no nix-instantiate: eng/install-missing");
        return Capture.RunAsync(Program, new Dictionary<string, string> { ["HOME"] = "/nonexistent" }, Repository.Root, ["--option", "build-users-group", "", "--store", "dummy://", .. arguments]);
    }

    private static NixService Read(string json)
    {
        var answer = JsonElement.Parse(json);
        return new NixService(Texts("units"), Texts("etc"), Texts("commands"), Texts("wantedBy"), [.. answer.GetProperty("folders").EnumerateArray().Select(folder => folder.GetString()!)]);

        Dictionary<string, string> Texts(string name) =>
            answer.GetProperty(name).EnumerateObject().ToDictionary(member => member.Name, member => member.Value.GetString()!, StringComparer.Ordinal);
    }
}
