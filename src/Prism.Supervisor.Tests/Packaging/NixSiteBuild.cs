using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>The sample site as a Nix build would leave it, with Celery and its static files: made once by eng/nix-phases.</summary>
public sealed class NixSiteBuild : IAsyncLifetime
{
    private readonly TempFolder _folder = new();

    public string Application => _folder["made/out/share/prism-django"];

    public string Static => _folder["made/static"];

    public string Python => _folder["made/python/bin/python3"];

    public string this[string command] => _folder[$"made/out/bin/{command}"];

    public async ValueTask InitializeAsync()
    {
        // The tests skip themselves without it.
        if (NixPackages.HasNix)
        {
            var answer = await MakeAsync(_folder["made"], "withCelery = true; collectStatic = true;");
            Assert.True(answer.Code == 0, answer.Error);
        }
    }

    public async ValueTask DisposeAsync() => await RemoveAsync(_folder);

    internal static Task<Capture> MakeAsync(string folder, string arguments) =>
        Capture.RunAsync(Repository.PathTo("eng", "nix-phases"), NixPackages.Environment, "/", "prism-django", folder, "--argument", arguments);

    /// <summary>What was built cannot be written, folders neither.</summary>
    internal static async Task RemoveAsync(TempFolder folder)
    {
        _ = await Capture.RunAsync("/bin/chmod", NixPackages.Environment, "/", "-R", "u+w", folder.Path);
        folder.Dispose();
    }
}
