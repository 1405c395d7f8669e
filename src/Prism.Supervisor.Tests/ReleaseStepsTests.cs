using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Lifecycle;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Steps;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests;

/// <summary>With scripts that wait for each other through named pipes.</summary>
[Trait("ring", "process")]
public sealed class ReleaseStepsTests : IDisposable
{
    private const int HangGuard = 60_000;

    private static readonly string Known = new('a', 64);

    private readonly TempFolder folder = new();
    private readonly RecordingLogs logs = new();
    private readonly string mark = Guid.NewGuid().ToString();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        logs.Dispose();
        folder.Dispose();
    }

    [Fact(Timeout = HangGuard)]
    public async Task Migrate_and_collectstatic_run_side_by_side()
    {
        _ = await Fifo.MakeAsync(folder["there"]);
        _ = await Fifo.MakeAsync(folder["back"]);

        // Neither ends before the other has begun.
        Assert.Null(await RunAsync($"echo >{folder["there"]}; read -r line <{folder["back"]}", $"read -r line <{folder["there"]}; echo >{folder["back"]}"));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_migration_goes_to_its_end_when_the_collection_fails()
    {
        _ = await Fifo.MakeAsync(folder["go"]);
        var running = RunAsync($"read -r line <{folder["go"]}; echo migrated", "echo 'OSError: full'; exit 1");
        await logs.SaidAsync("collectstatic has failed; migrate goes on to its end, since a migration is not ended half-way");
        await File.WriteAllTextAsync(folder["go"], "\n", Stop);

        var failure = await Assert.ThrowsAsync<StartupException>(() => running);

        Assert.Equal(ExitCode.CollectstaticFailed, failure.Code);
        await logs.SaidAsync("migrated");
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_collection_is_ended_when_the_migration_has_failed()
    {
        _ = await Fifo.MakeAsync(folder["begun"]);

        var failure = await Assert.ThrowsAsync<StartupException>(() => RunAsync($"read -r line <{folder["begun"]}; echo 'RuntimeError: no'; exit 1", $"echo >{folder["begun"]}; exec sleep 1000"));

        Assert.Equal((ExitCode.MigrateFailed, "migrate exited with code 1: RuntimeError: no (its whole output: journalctl -t migrate)"), (failure.Code, failure.Message));
        Assert.Empty(Children.Marked("PRISM_TEST", mark));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Of_two_failures_both_are_told_and_the_migration_gives_the_code()
    {
        _ = await Fifo.MakeAsync(folder["go"]);
        var running = RunAsync($"read -r line <{folder["go"]}; exit 1", "exit 1");
        await logs.SaidAsync("collectstatic has failed; migrate goes on to its end, since a migration is not ended half-way");
        await File.WriteAllTextAsync(folder["go"], "\n", Stop);

        var failure = await Assert.ThrowsAsync<StartupException>(() => running);
        Assert.Equal(ExitCode.MigrateFailed, failure.Code);
        Assert.EndsWith("; before it, collectstatic had failed: collectstatic exited with code 1: it said nothing (its whole output: journalctl -t collectstatic)", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_stop_ends_both()
    {
        using var stopping = new CancellationTokenSource();
        var running = RunAsync("echo migrating; exec sleep 1000", "echo collecting; exec sleep 1000", stopping.Token);
        await logs.SaidAsync("migrating");
        await logs.SaidAsync("collecting");

        await stopping.CancelAsync();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Empty(Children.Marked("PRISM_TEST", mark));
    }

    [Fact(Timeout = HangGuard)]
    public async Task While_the_database_is_asked_nothing_is_collected()
    {
        using var stopping = new CancellationTokenSource();
        using var database = Silent();
        var running = RunAsync("echo >migrated", "echo >collected", stopping.Token, At(database));
        using var question = await database.AcceptSocketAsync(Stop);

        await stopping.CancelAsync();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal([], Directory.EnumerateFiles(folder.Path, "*ed"));
        Assert.Empty(Directory.GetDirectories(folder["staticfiles.releases"]));
    }

    [Fact(Timeout = HangGuard)]
    public async Task While_the_database_is_asked_it_is_looked_whether_anything_is_to_be_collected()
    {
        _ = await RunAsync("true", "echo >$STATIC_ROOT/site.css", fingerprint: Known);
        using var stopping = new CancellationTokenSource();
        using var database = Silent();
        var complete = Directory.GetDirectories(folder["staticfiles.releases"]).Single(path => !path.EndsWith("/current", StringComparison.Ordinal));
        var running = RunAsync("true", "exit 1", stopping.Token, At(database), fingerprint: Known);
        using var question = await database.AcceptSocketAsync(Stop);

        await logs.SaidAsync($"The static files are complete already: {complete}");

        await stopping.CancelAsync();
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_database_that_refuses_is_what_is_told_and_nothing_has_run()
    {
        using var database = Silent();
        var nobody = At(database);
        database.Stop();

        var failure = await Assert.ThrowsAsync<StartupException>(() => RunAsync("echo >migrated", "echo >collected", site: nobody));

        Assert.StartsWith("PostgreSQL at 127.0.0.1", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("collectstatic", failure.Message, StringComparison.Ordinal);
        Assert.Equal([], Directory.EnumerateFiles(folder.Path, "*ed"));
    }

    /// <summary>Takes connections and never says a word.</summary>
    private static TcpListener Silent()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static (string Name, string Value)[] At(TcpListener database) =>
        [("USE_POSTGRES", "1"), ("POSTGRES_HOST", "127.0.0.1"), ("POSTGRES_PORT", ((IPEndPoint)database.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture))];

    private async Task<string?> RunAsync(string migrate, string collectstatic, CancellationToken? stopping = null, (string Name, string Value)[]? site = null, string? fingerprint = null)
    {
        var steps = new ReleaseSteps(Programs.Launcher, new DatabaseGate(static _ => { }, TimeProvider.System, logs.CreateLogger("")), new CrashPoints(null), static _ => { }, TimeProvider.System, logs, CancellationToken.None);
        (string Name, string Value)[] environment = [("PATH", "/usr/bin:/bin"), ("PRISM_TEST", mark), .. site ?? []];
        var run = new StepRun(
            TestOptions.Default with { StateDirectory = folder.Path, Database = new DatabaseOptions(TimeSpan.FromSeconds(0.5), Unit: null) },
            ProcessEnvironment.Empty.With(environment.Select(pair => KeyValuePair.Create(pair.Name, new Secret(pair.Value)))),
            new Redactor([]),
            Gate: null,
            Step("migrate", migrate, ExitCode.MigrateFailed),
            Step("collectstatic", collectstatic, ExitCode.CollectstaticFailed) with { Fingerprint = fingerprint, When = fingerprint is null ? StepPolicy.Always : StepPolicy.Changed },
            static _ => { })
        {
            IsSecret = static _ => false,
        };
        var outcome = await steps.RunAsync(run, stopping ?? Stop);
        outcome.Static?.Proven();
        return outcome.NotUndone;
    }

    private ManageStep Step(string name, string script, ExitCode failure) => new(name, [folder.WriteScript(name, $"#!/bin/sh\n{script}\n")], $"steps.{name}", failure);
}
