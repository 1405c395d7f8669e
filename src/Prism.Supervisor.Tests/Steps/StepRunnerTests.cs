using Microsoft.Extensions.Time.Testing;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Steps;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Steps;

/// <summary>Real processes; what waits for a real time limit has a clock that skips it.</summary>
[Trait("ring", "process")]
public sealed class StepRunnerTests : IDisposable
{
    private const int HangGuard = 300_000;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(7.5);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(40);

    private readonly TempFolder folder = new();
    private readonly RecordingLogger<StepRunner> log = new();
    private readonly string mark = Guid.NewGuid().ToString();

    public void Dispose() => folder.Dispose();

    [Fact(Timeout = HangGuard)]
    public async Task A_step_that_takes_longer_than_it_may_is_ended_with_all_that_came_of_it()
    {
        var failure = await Assert.ThrowsAsync<StartupException>(() => RunAsync("echo at work; sleep 1000 & wait", new SkippingTime(Limit)));

        Assert.Equal(ExitCode.StepFailed, failure.Code);
        Assert.StartsWith("step was not done after 7.5 s and was ended", failure.Message, StringComparison.Ordinal);
        Assert.Contains(log.Entries, entry => entry.Text == "Ending step: it takes too long");
        Assert.Empty(Children.Marked("PRISM_TEST", mark));
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_it_said_last_is_told()
    {
        var time = new FakeTimeProvider();
        var running = RunAsync("trap 'echo ImportError: waiting for a lock; exit 1' TERM; echo at work; sleep 1000 & wait", time);
        await log.SaidAsync("at work");

        time.Advance(Limit);

        var failure = await Assert.ThrowsAsync<StartupException>(() => running);
        Assert.Contains("ImportError: waiting for a lock", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task One_that_ignores_it_is_killed_after_its_grace()
    {
        var time = new SkippingTime(Limit, StopTimeout);

        _ = await Assert.ThrowsAsync<StartupException>(() => RunAsync("trap '' TERM; while :; do sleep 0.05; done", time));

        Assert.Equal([Limit, StopTimeout], time.Waits);
        Assert.Empty(Children.Marked("PRISM_TEST", mark));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_stop_is_a_stop_and_no_failure_of_the_step()
    {
        using var stopping = new CancellationTokenSource();
        var running = RunAsync("echo at work; sleep 1000", TimeProvider.System, stopping.Token);
        await log.SaidAsync("at work");

        await stopping.CancelAsync();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Contains(log.Entries, entry => entry.Text == "Ending step: a stop was requested");
        Assert.Empty(Children.Marked("PRISM_TEST", mark));
    }

    [Fact(Timeout = HangGuard)]
    public async Task One_that_is_done_in_time_has_succeeded()
    {
        await RunAsync("echo done", TimeProvider.System);

        Assert.Contains(log.Entries, entry => entry.Text.StartsWith("step succeeded after", StringComparison.Ordinal));
    }

    private Task RunAsync(string script, TimeProvider time, CancellationToken? stopping = null)
    {
        var step = new ManageStep("import", [folder.WriteScript("step", $"#!/bin/sh\n{script}\n")], "gunicorn.command", ExitCode.StepFailed) { Timeout = Limit };
        var environment = ProcessEnvironment.Empty.With("PATH", "/usr/bin:/bin").With("PRISM_TEST", mark);
        return new StepRunner(Programs.Launcher, folder.Path, StopTimeout, time, log).RunAsync(step, environment, new Redactor([]), stopping ?? TestContext.Current.CancellationToken, CancellationToken.None);
    }
}
