using System.Globalization;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Database;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Steps;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests;

/// <summary>At a port where nobody listens.</summary>
[Trait("ring", "process")]
public sealed class DatabaseGateTests
{
    private const int HangGuard = 300_000;

    private readonly RecordingLogger<DatabaseGateTests> log = new();
    private readonly List<TimeSpan> extended = [];
    private readonly List<string> progress = [];
    private readonly int port = Ports.Free();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Place => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");

    [Fact(Timeout = HangGuard)]
    public async Task A_site_without_PostgreSQL_passes_without_a_word()
    {
        await AwaitAsync(Run(isReload: false, ("DATABASE_URL", "sqlite:////srv/db")), Stop);

        Assert.Empty(progress);
        Assert.Empty(log.Entries);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_start_waits_as_long_as_it_may_and_prolongs_what_systemd_gives_it()
    {
        var fault = await Assert.ThrowsAsync<StartupException>(() => AwaitAsync(Run(isReload: false), Stop));

        Assert.Equal((ExitCode.TryAgain, $"PostgreSQL at {Place} was not there within 0.5 s (database.waitSeconds): connection refused: start it, or correct where the site looks for it"), (fault.Code, fault.Message));
        Assert.Equal($"waiting for PostgreSQL at {Place}, 0 s: connection refused", progress[0]);
        Assert.Equal(progress.Count, extended.Count);
        Assert.Equal(TestOptions.Default.Gunicorn.StartTimeout + TimeSpan.FromMinutes(1), extended[0]);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_reload_waits_until_it_is_ended_and_says_for_what()
    {
        using var stopping = new CancellationTokenSource();
        var waiting = AwaitAsync(Run(isReload: true), stopping.Token);
        await log.SaidAsync($"Waiting for PostgreSQL at {Place}: connection refused");
        await stopping.CancelAsync();

        var fault = await Assert.ThrowsAsync<StartupException>(() => waiting);

        Assert.Equal((ExitCode.TryAgain, $"PostgreSQL at {Place} was waited for: connection refused"), (fault.Code, fault.Message));
        Assert.Empty(extended);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_start_that_is_stopped_is_stopped()
    {
        using var stopping = new CancellationTokenSource();
        await stopping.CancelAsync();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AwaitAsync(Run(isReload: false), stopping.Token));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Of_several_hosts_nobody_knows_which_one_the_site_takes()
    {
        await AwaitAsync(Run(isReload: false, ("POSTGRES_HOST", "127.0.0.1,127.0.0.2")), Stop);

        Assert.Equal($"PostgreSQL at {Place} is not waited for, since it cannot be asked: several hosts are named, and the site takes the first that answers", Assert.Single(log.Entries).Text);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_setting_that_the_site_cannot_use_either_ends_it()
    {
        var fault = await Assert.ThrowsAsync<StartupException>(() => AwaitAsync(Run(isReload: false, ("POSTGRES_PORT", "none")), Stop));

        Assert.Equal((ExitCode.Configuration, "POSTGRES_PORT: the port is no number from 1 to 65535: the site will not find its database"), (fault.Code, fault.Message));
    }

    /// <summary>By a clock that only pauses advance: however busy this machine is, the first answer comes before anybody wonders why there is none.</summary>
    private Task AwaitAsync(StepRun run, CancellationToken stopping) =>
        new DatabaseGate(extended.Add, new SkippingTime(DatabaseWait.FirstPause, DatabaseWait.FirstPause * 2, DatabaseWait.FirstPause * 4, DatabaseWait.LongestPause), log).AwaitAsync(run, stopping);

    private StepRun Run(bool isReload, params (string Name, string Value)[] more)
    {
        var environment = new Dictionary<string, string>
        {
            ["USE_POSTGRES"] = "1",
            ["POSTGRES_HOST"] = "127.0.0.1",
            ["POSTGRES_PORT"] = port.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (name, value) in more)
        {
            environment[name] = value;
        }

        var none = new ManageStep("none", [], "none", ExitCode.StepFailed);
        return new StepRun(
            TestOptions.Default with { Database = new DatabaseOptions(TimeSpan.FromSeconds(0.5), Unit: null) },
            ProcessEnvironment.Empty.With(environment.Select(pair => KeyValuePair.Create(pair.Key, new Secret(pair.Value)))),
            new Redactor([]),
            isReload ? none : null,
            none,
            none,
            progress.Add)
        {
            IsSecret = static _ => false,
        };
    }
}
