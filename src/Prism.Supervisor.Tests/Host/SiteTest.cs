namespace Prism.Supervisor.Tests.Host;

/// <summary>A test class about Prism on the host. Each test finds it as if installed a moment ago: stopped, empty database, no state, the configuration of <see cref="Site.DefaultConfiguration"/>.</summary>
public abstract class SiteTest(HostFixture fixture) : HostTest(fixture)
{
    private Site? site;

    internal Site Site => site ?? throw new InvalidOperationException("The site is there once the test has begun.");

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        site = await Fixture.SiteAsync();
        await site.ResetAsync();
    }

    // What went wrong is in the host's journal, and the host is gone when somebody reads the test's report.
    public override async ValueTask DisposeAsync()
    {
        if (site is not null && TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{(await site.StatusAsync()).Output}\n{string.Join('\n', await site.JournalAsync())}");
        }
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
