using System.Globalization;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Gunicorn;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor.Lifecycle;

/// <summary>What the loop does about reloads beside generations: prepares the release, tells systemd, and answers those who wait. All but <see cref="Ask"/> is for the loop's thread.</summary>
internal sealed class Reloads(IReleasePreparer preparer, NotifySocket notify, StatusBoard status, TimeProvider time, Action<UnitEvent> tell, ILogger log) : IDisposable
{
    private readonly ReloadDesk desk = new();
    private readonly CancellationTokenSource stopping = new();

    /// <summary>The release that the reload under way brings; null before it is prepared.</summary>
    public Release? Candidate { get; private set; }

    public Task<ReloadOutcome> Ask(Action<string> progress)
    {
        var outcome = desk.Ask(progress);
        tell(new UnitEvent.ReloadRequested());
        return outcome;
    }

    public void Arrived() => desk.Arrived();

    public void Begin()
    {
        Candidate = null;
        desk.Begin();
        notify.Reloading(time);
        log.ReloadBegun();
    }

    /// <summary>Beside the loop; ends in an event, whatever happens.</summary>
    /// <param name="arbiter">The pid of the arbiter that serves; null: none does.</param>
    /// <param name="timeout">How long it may take, until the configuration that is read says otherwise.</param>
    public async Task PrepareAsync(int? arbiter, TimeSpan timeout)
    {
        using var limit = new ReloadTime(timeout, time, stopping.Token);
        try
        {
            Candidate = await preparer.PrepareAsync(text => tell(new UnitEvent.Progressed(text)), arbiter, limit);
            tell(new UnitEvent.Prepared());
        }
        catch (StartupException fault)
        {
            tell(new UnitEvent.PreparationFailed(limit.IsOver ? $"{fault.Message} (reload.timeoutSeconds is {limit.Span.TotalSeconds:0.#})" : fault.Message));
        }
        catch (OperationCanceledException)
        {
            tell(new UnitEvent.PreparationFailed(stopping.IsCancellationRequested
                ? Stops.Reason
                : $"it was not prepared within {limit.Span.TotalSeconds:0.###} s (reload.timeoutSeconds)"));
        }
#pragma warning disable CA1031 // Whatever it is, the generation that serves has nothing to do with it.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            log.PreparationFault(fault);
            tell(new UnitEvent.PreparationFailed($"a fault of prism-supervisor itself ({fault.GetType().Name}); the journal has more"));
        }
    }

    public void CancelPreparation() => stopping.Cancel();

    /// <summary>For those who look or wait; in the journal what is done speaks for itself.</summary>
    public void Progress(string text)
    {
        log.ReloadProgress(text);
        status.ShowReload($"reloading: {text}");
        desk.Tell(OneLine.Sentence(text));
    }

    /// <summary>The canary has answered; yields how long it must stay up.</summary>
    public TimeSpan Watch(int canary)
    {
        var span = Candidate!.Options.Reload.CanaryTime;
        Progress(string.Create(CultureInfo.InvariantCulture, $"watching the canary, generation {canary}, for {span.TotalSeconds:0.#} s"));
        return span;
    }

    /// <summary>Yields the release that serves from now on; the old one may be busy for a while.</summary>
    public Release Promote(Rollout? rollout)
    {
        if (rollout is { Stage: Stage.Retiring, Number: var old })
        {
            Progress($"generation {old} finishes what it has in hand");
        }

        Candidate!.Proven?.Invoke();
        return Candidate;
    }

    public void Succeed(int generation)
    {
        status.ShowReload(null);
        End(LogLevel.Information, "", new ReloadOutcome(Succeeded: true, $"Reloaded: generation {generation} serves"), generation);
    }

    public void Fail(string reason, int generation)
    {
        var whole = Candidate?.NotUndone is { } notUndone ? $"{reason}; {notUndone}" : reason;
        status.ShowReload($"the last reload failed: {whole}");
        End(LogLevel.Error, "The reload failed: ", new ReloadOutcome(Succeeded: false, whole), generation);
    }

    /// <summary>No reload will come any more.</summary>
    public void Close(string reason)
    {
        status.ShowReload(null);
        desk.Close(reason);
    }

    public void Dispose() => stopping.Dispose();

    private void End(LogLevel level, string what, ReloadOutcome outcome, int generation)
    {
        Candidate = null;
        var line = StatusLine.From(what + outcome.Text);
        log.Said(level, line, generation);
        desk.Answer(outcome);
    }
}
