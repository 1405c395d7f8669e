namespace Prism.Supervisor.Tests.Host;

/// <summary>
/// The one host that all end-to-end tests share, booted when the first of them runs. Where there is none,
/// <see cref="Unavailable"/> says why.
/// </summary>
public sealed class HostFixture : IAsyncLifetime
{
    private TestHost? host;
    private Site? site;

    internal string? Unavailable { get; private set; }

    internal TestHost Host => host ?? throw new InvalidOperationException(Unavailable ?? "The host was not started.");

    /// <summary>Prism on that host: installed by the first test that asks for it.</summary>
    internal async Task<Site> SiteAsync()
    {
        foreach (var needed in (string[])[Site.PublishedBinary, Site.SampleSite])
        {
            Assert.SkipUnless(Path.Exists(needed), $"there is no {needed}: eng/publish makes the binary");
        }
        return site ??= await Site.InstallAsync(Host);
    }

    public async ValueTask InitializeAsync()
    {
        try
        {
            host = await TestHost.StartAsync(["--bind-ro", $"{Repository.Root}:{Site.RepositoryInside}"], TestContext.Current.CancellationToken);
        }
        catch (TestHostUnavailableException reason)
        {
            Unavailable = reason.Message;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (host is not null)
        {
            await host.DisposeAsync();
        }
    }
}

/// <summary>Tests that share the host run one after another.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class HostTests : ICollectionFixture<HostFixture>
{
    public const string Name = "host";
}
