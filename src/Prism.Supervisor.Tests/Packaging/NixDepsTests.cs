using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>eng/nix-deps, which writes deps.json from the lock file and the package folder that a restore filled.</summary>
[Trait("ring", "process")]
public sealed class NixDepsTests : IDisposable
{
    private static readonly string Deps = Repository.PathTo("packaging", "nix", "prism-supervisor", "deps.json");
    private static readonly string Lock = Repository.PathTo("src", "Prism.Supervisor", "packages.lock.json");

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_checked_in_is_what_it_writes()
    {
        var written = _folder["deps.json"];

        var writing = await RunAsync(Lock, written);
        var checking = await RunAsync("--check", Lock, Deps);

        Assert.Equal((0, ""), (writing.Code, writing.Error));
        Assert.Equal(await File.ReadAllTextAsync(Deps, TestContext.Current.CancellationToken), await File.ReadAllTextAsync(written, TestContext.Current.CancellationToken));
        Assert.Equal((0, ""), (checking.Code, checking.Text));
    }

    [Theory]
    [InlineData("\"10.0.3\"", "\"10.0.2\"", "lacks Npgsql 10.0.3")]
    [InlineData("\"10.0.3\"", "\"10.0.2\"", "has Npgsql 10.0.2, which the lock file has not")]
    [InlineData("\"sha256-", "\"sha256-x", "lacks BouncyCastle.Cryptography")]
    public async Task What_differs_is_named(string there, string other, string told)
    {
        var changed = _folder.Write("deps.json", (await File.ReadAllTextAsync(Deps, TestContext.Current.CancellationToken)).Replace(there, other, StringComparison.Ordinal));

        var checking = await RunAsync("--check", Lock, changed);

        Assert.Equal(1, checking.Code);
        Assert.Contains(told, checking.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_restore_it_says_what_to_do()
    {
        var answer = await Capture.RunAsync(Programs.Python, new Dictionary<string, string> { ["NUGET_PACKAGES"] = _folder.Path }, Repository.Root, Program, Lock, _folder["deps.json"]);

        Assert.Equal(1, answer.Code);
        Assert.Matches(@"^nix-deps: \S+\.nupkg: No such file or directory; restore first", answer.Error);
    }

    private static string Program => Repository.PathTo("eng", "lib", "nix_deps.py");

    private static Task<Capture> RunAsync(params string[] arguments)
    {
        var environment = new Dictionary<string, string> { ["HOME"] = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) };
        if (Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { } packages)
        {
            environment["NUGET_PACKAGES"] = packages;
        }

        return Capture.RunAsync(Programs.Python, environment, Repository.Root, [Program, .. arguments]);
    }
}
