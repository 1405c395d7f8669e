namespace Prism.Supervisor.Tests.Host;

/// <summary>A test class that needs the host itself. Skipped, with the reason, where no host can be had.</summary>
[Collection(HostTests.Name)]
[Trait("ring", "host")]
public abstract class HostTest(HostFixture fixture) : IAsyncLifetime
{
    internal TestHost Host => fixture.Host;

    /// <summary>For what takes a second or two on a quiet machine; a test that waits this long has failed.</summary>
    protected static TimeSpan Patience => TimeSpan.FromMinutes(3);

    protected HostFixture Fixture => fixture;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public virtual ValueTask InitializeAsync()
    {
        Assert.SkipWhen(fixture.Unavailable is not null, fixture.Unavailable ?? "");
        return ValueTask.CompletedTask;
    }

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
