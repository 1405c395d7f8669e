using System.Text.Json;
using System.Text.RegularExpressions;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>The flake's outputs with the stand-ins; what nixpkgs makes of them only a real nix says.</summary>
[Trait("ring", "process")]
public sealed class NixFlakeTests
{
    [Fact]
    public async Task It_has_packages_checks_a_shell_and_a_formatter_for_both_systems()
    {
        var outputs = await OfAsync("""
            builtins.mapAttrs (_: builtins.mapAttrs (_: outputs: if outputs ? name then outputs.name else builtins.mapAttrs (_: one: one.name) outputs))
              { inherit (flake) packages checks devShells formatter; }
            """);

        foreach (var system in new[] { "x86_64-linux", "aarch64-linux" })
        {
            Assert.Equal("""{"default":"prism-supervisor-0.1.0","prism-django":"prism-django-0-unstable","prism-supervisor":"prism-supervisor-0.1.0"}""", outputs.GetProperty("packages").GetProperty(system).GetRawText());
            Assert.Equal(
                ["prism-django", "prism-django-with-static-files", "prism-supervisor", "prism-supervisor-version", "vm"],
                outputs.GetProperty("checks").GetProperty(system).EnumerateObject().Select(member => member.Name));
            Assert.Equal("""{"default":"nix-shell"}""", outputs.GetProperty("devShells").GetProperty(system).GetRawText());
            Assert.Equal("nixfmt-tree", outputs.GetProperty("formatter").GetProperty(system).GetString());
        }
    }

    /// <summary>Which site it is, nobody but the host can say: with the sample as a default, a forgotten line would migrate a real database with it.</summary>
    [Fact]
    public async Task Its_module_is_the_service_with_the_flakes_own_supervisor_and_no_site()
    {
        var module = await OfAsync("""
            let made = flake.nixosModules.default { lib.mkDefault = value: { default = value; }; pkgs.stdenv.hostPlatform.system = "x86_64-linux"; };
            in { imports = map toString made.imports; services = builtins.mapAttrs (_: one: one.default.name) made.services.prism; }
            """);

        Assert.Equal(Repository.PathTo("packaging", "nix", "service.nix"), module.GetProperty("imports")[0].GetString());
        Assert.Equal("""{"supervisorPackage":"prism-supervisor-0.1.0"}""", module.GetProperty("services").GetRawText());
    }

    /// <summary>nixpkgs has neither of Prism's packages: what a host names it has to bring.</summary>
    [Fact]
    public async Task The_example_host_brings_the_packages_that_it_names()
    {
        var host = await OfAsync("let host = flake.nixosConfigurations.midship; in { units = builtins.attrNames host.units; inherit (host) etc; }");

        var configuration = JsonElement.Parse(host.GetProperty("etc").GetProperty("prism/supervisor.json").GetString()!);
        Assert.Equal("""["prism-django.service"]""", host.GetProperty("units").GetRawText());
        Assert.EndsWith("-prism-django-0-unstable/bin/prism-gunicorn", configuration.GetProperty("gunicorn").GetProperty("command").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_names_no_site_is_told_so()
    {
        var answer = await NixPackages.EvaluateAsync($$"""
            (import {{Evaluation}} { alone = true; modules = [ (import ./packaging/nix/tests/packages/flake.nix).nixosModules.default { services.prism = { enable = true; hosts = [ "localhost" ]; }; } ]; }).etc
            """);

        Assert.Contains("pkgs.prism-django", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_overlay_gives_both_packages_to_any_package_set()
    {
        var names = await OfAsync("builtins.attrNames (flake.overlays.default (import ./packaging/nix/tests/packages { }) { })");

        Assert.Equal("""["prism-django","prism-supervisor"]""", names.GetRawText());
    }

    /// <summary>What its script then asks for: a reload, of another release.</summary>
    [Fact]
    public async Task The_switch_of_the_vm_test_changes_the_release_alone()
    {
        var vm = await OfAsync($$"""
            let
              machine = import {{Evaluation}} {
                alone = true;
                modules = [ { nixpkgs.overlays = [ flake.overlays.default ]; } flake.checks.x86_64-linux.vm.test.nodes.machine ];
              };
              of = host: { unit = host.units."prism-django.service"; json = host.etc."prism/supervisor.json"; };
            in { before = of machine; after = of machine.specialisations.next; }
            """);

        var (before, after) = (vm.GetProperty("before"), vm.GetProperty("after"));
        Assert.NotEqual(before.GetProperty("unit").GetString(), after.GetProperty("unit").GetString());
        Assert.Equal(WithoutTrigger(before), WithoutTrigger(after));
        Assert.Equal(
            before.GetProperty("json").GetString()!.Replace("-prism-django-0-unstable/", "-prism-django-next/", StringComparison.Ordinal),
            after.GetProperty("json").GetString());
    }

    [Fact]
    public async Task Every_nix_file_can_be_parsed()
    {
        string[] files = [Repository.PathTo("flake.nix"), .. Directory.EnumerateFiles(Repository.PathTo("packaging"), "*.nix", SearchOption.AllDirectories)];

        var answer = await NixPackages.RunAsync(["--parse", .. files]);

        Assert.True(answer.Code == 0, answer.Error);
    }

    private static string Evaluation => Repository.PathTo("packaging", "nix", "tests", "evaluate.nix");

    private static string WithoutTrigger(JsonElement host) => Regex.Replace(host.GetProperty("unit").GetString()!, "X-Reload-Triggers=.*\n", "");

    private static async Task<JsonElement> OfAsync(string what)
    {
        var answer = await NixPackages.EvaluateAsync($"let flake = import ./packaging/nix/tests/packages/flake.nix; in {what}");
        Assert.True(answer.Code == 0, answer.Error);
        return JsonElement.Parse(answer.Text);
    }
}
