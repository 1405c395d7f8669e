using Microsoft.Extensions.Logging;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Steps;

/// <summary>Runs a step to its end, its output in the log under its own name.</summary>
internal sealed class StepRunner(IProcessLauncher launcher, string workingDirectory, TimeSpan stopTimeout, TimeProvider time, ILogger<StepRunner> log)
{
    // A step that ended may leave a child that holds its output open; what it still says is not waited for longer.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    // What it waited for has been taken from it: it may still end in order.
    private static readonly TimeSpan LastGrace = TimeSpan.FromSeconds(3);

    /// <summary>Throws <see cref="StartupException"/> with the last word of the output when the step fails or takes longer than it may; when <paramref name="stopping"/> fires, ends it and all that came of it first; <paramref name="hurry"/> ends the wait.</summary>
    public async Task RunAsync(ManageStep step, ProcessEnvironment environment, Redactor redactor, CancellationToken stopping, CancellationToken hurry)
    {
        if (step.Command.Count == 0)
        {
            log.LeftOut(step.Name);
            return;
        }

        stopping.ThrowIfCancellationRequested();
        var program = Path.GetFileName(step.Command[0]);
        var words = string.Join(' ', [program, .. step.Command.Skip(1)]);
        var file = step.File ?? CommandPath.Resolve(step.Command[0], environment["PATH"], step.Setting);
        var begun = time.GetTimestamp();
        using var limit = new CancellationTokenSource(step.Timeout ?? Timeout.InfiniteTimeSpan, time);
        var child = await launcher.LaunchAsync(new ProcessSpec(program, file, [.. step.Command.Skip(1)], environment, workingDirectory, []) { Heard = step.Heard });
        log.Started(words, child.Pid, step.Name);
        var relay = new OutputRelay(log, redactor, _ => null, _ => false);
        var output = relay.RelayAsync(child, generation: null, step.Name, step.Relayed);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, limit.Token);
        try
        {
            var exit = await child.Exited.WaitAsync(either.Token);
            await EndLeftoversAsync(child, step);
            _ = await HearOutAsync(output);
            if (!exit.Succeeded)
            {
                throw new StartupException(step.Failure, $"{words} {exit}: {relay.Cause() ?? "it said nothing"} (its whole output: journalctl -t {program})");
            }

            log.Succeeded(words, time.GetElapsedTime(begun).TotalSeconds, step.Name);
        }
        catch (OperationCanceledException)
        {
            log.Ending(words, stopping.IsCancellationRequested ? step.WhyEnded() : "it takes too long", step.Name);
            _ = child.Signal(Signals.Terminate);
            if (await Task.WhenAny(child.Exited, Task.Delay(stopTimeout, time, hurry)) != child.Exited && step.BeforeKill is { } unblock)
            {
                await unblock();
                _ = await Task.WhenAny(child.Exited, Task.Delay(LastGrace, time, hurry));
            }

            await EndLeftoversAsync(child, step);
            _ = await child.Exited;
            _ = await HearOutAsync(output);
            if (!stopping.IsCancellationRequested)
            {
                throw new StartupException(step.Failure, $"{words} was not done after {step.Timeout!.Value.TotalSeconds:0.#} s and was ended{(relay.Cause() is { } cause ? $"; the last words: {cause}" : "")}");
            }

            throw;
        }
    }

    private async Task EndLeftoversAsync(ChildProcess child, ManageStep step)
    {
        var killed = await launcher.KillTreeAsync(child);
        if (killed.Count > 0)
        {
            log.KilledLeftovers(string.Join(", ", killed), step.Name);
        }
    }

    private Task<Task> HearOutAsync(Task output) => Task.WhenAny(output, Task.Delay(LastWords, time));
}
