using System.Text.Json;

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

    [Fact]
    public async Task Its_module_is_the_service_with_the_flakes_own_packages_as_defaults()
    {
        var module = await OfAsync("""
            let made = flake.nixosModules.default { lib.mkDefault = value: { default = value; }; pkgs.stdenv.hostPlatform.system = "x86_64-linux"; };
            in { imports = map toString made.imports; services = builtins.mapAttrs (_: one: one.default.name) made.services.prism; }
            """);

        Assert.Equal(Repository.PathTo("packaging", "nix", "service.nix"), module.GetProperty("imports")[0].GetString());
        Assert.Equal("""{"package":"prism-django-0-unstable","supervisorPackage":"prism-supervisor-0.1.0"}""", module.GetProperty("services").GetRawText());
    }

    [Fact]
    public async Task Its_overlay_gives_both_packages_to_any_package_set()
    {
        var names = await OfAsync("builtins.attrNames (flake.overlays.default (import ./packaging/nix/tests/packages { }) { })");

        Assert.Equal("""["prism-django","prism-supervisor"]""", names.GetRawText());
    }

    /// <summary>Of the options, by the modules of the service and its own stand-ins; a specialisation is beyond them.</summary>
    [Fact]
    public async Task The_host_of_the_vm_test_has_options_that_there_are()
    {
        Assert.SkipUnless(File.Exists(Repository.PathTo("packaging", "nix", "tests", "evaluate.nix")), "the service is not here");

        var units = await OfAsync("""
            let
              machine = (import ./packaging/nix/tests/vm.nix { module = { }; }).nodes.machine;
              options = { config, pkgs, ... }@given: builtins.removeAttrs (machine given) [ "specialisation" ];
            in builtins.attrNames (import ./packaging/nix/tests/evaluate.nix { modules = [ options ]; }).units
            """);

        Assert.Equal("""["prism-django.service"]""", units.GetRawText());
    }

    [Fact]
    public async Task Every_nix_file_can_be_parsed()
    {
        string[] files = [Repository.PathTo("flake.nix"), .. Directory.EnumerateFiles(Repository.PathTo("packaging"), "*.nix", SearchOption.AllDirectories)];

        var answer = await NixPackages.RunAsync(["--parse", .. files]);

        Assert.True(answer.Code == 0, answer.Error);
    }

    private static async Task<JsonElement> OfAsync(string what)
    {
        var answer = await NixPackages.EvaluateAsync($"let flake = import ./packaging/nix/tests/packages/flake.nix; in {what}");
        Assert.True(answer.Code == 0, answer.Error);
        return JsonElement.Parse(answer.Text);
    }
}
