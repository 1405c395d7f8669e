using System.Collections.Concurrent;
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
    private const int HangGuard = 300_000;

    private readonly TempFolder folder = new();
    private readonly RecordingLogs logs = new();
    private readonly string mark = Guid.NewGuid().ToString();
    private Func<string, Task> comesFirst = static _ => Task.CompletedTask;

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
        await logs.SaidAsync("collectstatic has failed: collectstatic exited with code 1: OSError: full (its whole output: journalctl -t collectstatic); migrate goes on to its end, since a migration is not ended half-way");
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

    [Theory(Timeout = HangGuard)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_two_failures_both_are_told_and_the_migration_gives_the_code(bool isReload)
    {
        _ = await Fifo.MakeAsync(folder["go"]);
        var running = RunAsync($"read -r line <{folder["go"]}; exit 1", "exit 1", isReload: isReload);
        await logs.SaidAsync("collectstatic has failed: collectstatic exited with code 1: it said nothing (its whole output: journalctl -t collectstatic); migrate goes on to its end, since a migration is not ended half-way");
        await File.WriteAllTextAsync(folder["go"], "\n", Stop);

        var failure = await Assert.ThrowsAsync<StartupException>(() => running);
        Assert.Equal(ExitCode.MigrateFailed, failure.Code);
        Assert.Contains("; before it, collectstatic had failed: collectstatic exited with code 1: it said nothing (its whole output: journalctl -t collectstatic)", failure.Message, StringComparison.Ordinal);
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
        Assert.False(Directory.Exists(folder["staticfiles.releases"]));
    }

    [Theory(Timeout = HangGuard)]
    [InlineData(false, "static.path: there is no room")]
    [InlineData(true, "collectstatic: static.path: there is no room")]
    public async Task Nothing_is_migrated_when_static_files_have_no_place(bool isReload, string message)
    {
        await File.WriteAllTextAsync(folder["staticfiles.releases"], "in the way", Stop);

        var failure = await Assert.ThrowsAsync<StartupException>(() => RunAsync("echo >migrated", "echo >collected", isReload: isReload));

        Assert.Equal(ExitCode.CollectstaticFailed, failure.Code);
        Assert.StartsWith(message, failure.Message, StringComparison.Ordinal);
        Assert.Equal([], Directory.EnumerateFiles(folder.Path, "*ed"));
        Assert.DoesNotContain(logs.All, text => text.Contains("migrate", StringComparison.Ordinal));
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

    /// <summary>What was begun on the guess that nothing is to be done has to be gone by then.</summary>
    [Fact(Timeout = HangGuard)]
    public async Task No_step_runs_before_it_was_announced()
    {
        var announced = new ConcurrentQueue<string>();
        comesFirst = async step =>
        {
            await Task.Yield();
            Assert.False(File.Exists(folder[$"{step}.done"]));
            announced.Enqueue(step);
        };

        _ = await RunAsync($"echo >{folder["migrate.done"]}", $"echo >{folder["collectstatic.done"]}");
        Assert.Equal(["collectstatic", "migrate"], announced.Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Steps_that_are_left_out_announce_nothing()
    {
        comesFirst = static step => throw new InvalidOperationException(step);

        _ = await Steps().RunAsync(Run(LeftOut("migrate"), LeftOut("collectstatic")), Stop);
    }

    [Fact(Timeout = HangGuard)]
    public void What_is_expected_of_steps_that_are_left_out_is_nothing_and_of_unknown_ones_not_known()
    {
        Assert.NotNull(Steps().Expect(Run(LeftOut("migrate"), LeftOut("collectstatic"))));
        Assert.Null(Steps().Expect(Run(LeftOut("migrate", StepPolicy.Always), LeftOut("collectstatic"))));
        Assert.Null(Steps().Expect(Run(LeftOut("migrate"), LeftOut("collectstatic", StepPolicy.Always))));
        Assert.Null(Steps().Expect(Run(Step("migrate", ":", ExitCode.MigrateFailed), LeftOut("collectstatic"))));
        Assert.Null(Steps().Expect(Run(LeftOut("migrate"), Step("collectstatic", ":", ExitCode.CollectstaticFailed))));
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

    private async Task<string?> RunAsync(string migrate, string collectstatic, CancellationToken? stopping = null, (string Name, string Value)[]? site = null, bool isReload = false) =>
        (await Steps().RunAsync(Run(Step("migrate", migrate, ExitCode.MigrateFailed), Step("collectstatic", collectstatic, ExitCode.CollectstaticFailed), site, isReload), stopping ?? Stop)).NotUndone;

    private ReleaseSteps Steps() =>
        new(Programs.Launcher, new DatabaseGate(static _ => { }, TimeProvider.System, logs.CreateLogger("")), new CrashPoints(null), static _ => { }, TimeProvider.System, logs, CancellationToken.None);

    private StepRun Run(ManageStep migrate, ManageStep collectstatic, (string Name, string Value)[]? site = null, bool isReload = false)
    {
        (string Name, string Value)[] environment = [("PATH", "/usr/bin:/bin"), ("PRISM_TEST", mark), .. site ?? []];
        return new StepRun(
            TestOptions.Default with { StateDirectory = folder.Path, Database = new DatabaseOptions(TimeSpan.FromSeconds(0.5), Unit: null) },
            ProcessEnvironment.Empty.With(environment.Select(pair => KeyValuePair.Create(pair.Name, new Secret(pair.Value)))),
            new Redactor([]),
            isReload ? new ManageStep("import", [], "gunicorn.command", ExitCode.StepFailed) : null,
            migrate,
            collectstatic,
            static _ => { })
        {
            IsSecret = static _ => false,
            ComesFirst = comesFirst,
        };
    }

    private static ManageStep LeftOut(string name, StepPolicy when = StepPolicy.Changed) => new(name, [], $"steps.{name}", ExitCode.StepFailed) { When = when };

    private ManageStep Step(string name, string script, ExitCode failure) => new(name, [folder.WriteScript(name, $"#!/bin/sh\n{script}\n")], $"steps.{name}", failure);
}
