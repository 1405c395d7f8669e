using System.Text.Json;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>The packages and the flake, evaluated by nix-instantiate with the project's stand-ins for nixpkgs (packaging/nix/tests/packages).</summary>
internal static class NixPackages
{
    private const string Program = "/usr/bin/nix-instantiate";

    /// <summary>Without a store, a network or a home.</summary>
    public static IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["HOME"] = "/nonexistent" };

    public static bool HasNix => File.Exists(Program);

    /// <summary>What an expression of the package is, where `package` and `pkgs` are known.</summary>
    public static async Task<JsonElement> OfPackageAsync(string name, string what, string arguments = "", string pkgs = "")
    {
        var answer = await TryPackageAsync(name, what, arguments, pkgs);
        Assert.True(answer.Code == 0, answer.Error);
        return JsonElement.Parse(answer.Text);
    }

    public static Task<Capture> TryPackageAsync(string name, string what, string arguments = "", string pkgs = "") => EvaluateAsync($$"""
        let
          pkgs = import {{Repository.PathTo("packaging", "nix", "tests", "packages")}} { {{pkgs}} };
          package = pkgs.callPackage {{Repository.PathTo("packaging", "nix", name, "package.nix")}} { {{arguments}} };
        in {{what}}
        """);

    public static Task<Capture> EvaluateAsync(string expression) => RunAsync("--eval", "--strict", "--json", "--expr", expression);

    public static Task<Capture> RunAsync(params string[] arguments)
    {
        SkipWithoutNix();
        return Capture.RunAsync(Program, Environment, Repository.Root, ["--option", "build-users-group", "", "--store", "dummy://", .. arguments]);
    }

    public static void SkipWithoutNix() => Assert.SkipUnless(HasNix, "no nix-instantiate: eng/install-missing");
}
