using System.Text.Json;
using System.Xml.Linq;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>What packaging/nix/prism-supervisor/package.nix asks of nixpkgs' buildDotnetModule. That it builds is eng/nix-phases' matter.</summary>
[Trait("ring", "process")]
public sealed class NixSupervisorPackageTests
{
    [Fact]
    public async Task The_package_has_the_version_of_the_program()
    {
        var version = XDocument.Load(Repository.PathTo("Directory.Build.props")).Descendants("VersionPrefix").Single().Value;

        Assert.Equal(version, (await OfAsync("package.version")).GetString());
    }

    [Fact]
    public async Task It_is_compiled_natively_and_found_without_a_wrapper()
    {
        var builder = await OfAsync("package.environment");

        Assert.Equal("1", Word("dotnetSelfContainedBuild"));
        Assert.Equal("", Word("dotnetExecutables"));
        Assert.Equal("src/Prism.Supervisor/Prism.Supervisor.csproj", Word("dotnetProjectFiles"));
        Assert.Contains("-gcc-wrapper", Word("nativeBuildInputs"), StringComparison.Ordinal);
        Assert.Contains("-zlib", Word("buildInputs"), StringComparison.Ordinal);
        Assert.Matches("patchelf --add-rpath \"[^\"]*-openssl/lib:[^\"]*-systemd-libs/lib\"", Word("postFixup"));
        Assert.Equal("dotnet-sdk-10.0", (await OfAsync("package.dotnet-sdk.name")).GetString());

        string Word(string name) => builder.GetProperty(name).GetString()!;
    }

    [Fact]
    public async Task It_says_what_it_is()
    {
        var meta = await OfAsync("package.meta");

        Assert.Equal("prism-supervisor", meta.GetProperty("mainProgram").GetString());
        Assert.Equal(["x86_64-linux", "aarch64-linux"], Texts(meta.GetProperty("platforms")));
        Assert.Matches("^(?!An? )[A-Z].*[^.]$", meta.GetProperty("description").GetString());
        Assert.Equal("prism-supervisor-0.1.0", (await OfAsync("package.tests.version.package.name")).GetString());
    }

    /// <summary>So that a change of a test builds nothing anew, and that no lock file holds another SDK to the hashes of this one.</summary>
    [Fact]
    public async Task Its_source_is_what_the_compiler_reads_and_no_more()
    {
        var folder = Repository.PathTo("src", "Prism.Supervisor");
        var code = Directory.EnumerateFiles(folder, "*.cs*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Repository.Root, file));
        string[] others = ["BannedSymbols.txt", "Directory.Build.props", "Directory.Packages.props", "packaging/completions/prism-supervisor.bash"];

        Assert.Equal(code.Concat(others).Order(StringComparer.Ordinal), Texts(await OfAsync("package.src.files")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Its_packages_are_those_of_the_lock_file_less_what_the_sdk_brings()
    {
        var deps = await OfAsync("package.nugetDeps");

        Assert.Equal(Locked(), deps.EnumerateArray().Select(one => $"{Text(one, "pname")} {Text(one, "version")}"));
        Assert.All(deps.EnumerateArray(), one => Assert.Equal(["hash", "pname", "version"], one.EnumerateObject().Select(member => member.Name)));
        Assert.All(deps.EnumerateArray(), one => Assert.Matches("^sha256-[A-Za-z0-9+/]{43}=$", Text(one, "hash")));
    }

    private static IEnumerable<string> Locked()
    {
        string[] brought = ["Microsoft.DotNet.ILCompiler", "runtime.linux-arm64.Microsoft.DotNet.ILCompiler", "runtime.linux-x64.Microsoft.DotNet.ILCompiler", "Microsoft.NET.ILLink.Tasks"];
        return JsonElement.Parse(File.ReadAllText(Repository.PathTo("src", "Prism.Supervisor", "packages.lock.json"))).GetProperty("dependencies").EnumerateObject()
            .SelectMany(runtime => runtime.Value.EnumerateObject())
            .Where(package => !brought.Contains(package.Name))
            .Select(package => $"{package.Name} {Text(package.Value, "resolved")}")
            .Distinct()
            .Order(StringComparer.OrdinalIgnoreCase);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static IEnumerable<string> Texts(JsonElement list) => list.EnumerateArray().Select(one => one.GetString()!);

    private static Task<JsonElement> OfAsync(string what) => NixPackages.OfPackageAsync("prism-supervisor", what);
}
