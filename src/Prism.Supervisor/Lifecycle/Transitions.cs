using Microsoft.Extensions.Logging;
using Prism.Supervisor.Configuration;

namespace Prism.Supervisor.Lifecycle;

/// <summary>The table (state, event) → (state, effects). Pure: no clock, no I/O. A pair that is not here changes nothing. What concerns a reload is in <see cref="Rollouts"/>.</summary>
/// <remarks>
/// Starting   → Serving      the arbiter is ready and the probe has succeeded: READY=1
///            → Ending       it exited or took too long: a failed start, no second try
/// Serving    → Restarting   the first exit in a row: its orphans finish what they have in hand meanwhile
///            → Ending       any other exit, or it became unhealthy
/// Ending     → Restarting   at once after the first crash in a row
///            → BackingOff   from the second on
///            → Waiting      a reload is about to bring another generation, or to mend what was given up
///            → Ended        after a failed start, or when the limit is passed
/// BackingOff → Restarting   the delay is over
/// Restarting → Serving      as in Starting, without a second READY=1
///            → Ending       one crash more
/// any        → Stopping     a stop was requested; → Ended when nothing is left
/// </remarks>
internal static class Transitions
{
    public static (UnitState State, IReadOnlyList<Effect> Effects) Step(UnitState state, UnitEvent what, RestartOptions restart) => (state.Phase, what) switch
    {
        (Phase.Ended, _) => (state, []),
        (_, UnitEvent.WatchdogDue) => (state, [new Effect.TellWatchdog()]),
        (Phase.Stopping, _) => Stops.Step(state, what),
        (_, UnitEvent.StopRequested) => Stops.Begin(state),
        (_, UnitEvent.TreeEnded { Generation: var g }) when g == state.Orphans => OrphansEnded(state with { Orphans = 0 }),
        _ when Rollouts.Concerns(state, what) => Rollouts.Step(state, what),

        (Phase.Starting or Phase.Restarting, UnitEvent.ArbiterReady { Generation: var g }) when g == state.Generation =>
            Gate(state with { ArbiterReady = true }),
        (Phase.Starting or Phase.Restarting, UnitEvent.BecameHealthy { Generation: var g }) when g == state.Generation =>
            Gate(state with { ProbeSucceeded = true }),

        (Phase.Starting, UnitEvent.Exited { Generation: var g, Code: var code, Reason: var reason }) when g == state.Generation =>
            Fail(state, code, reason, Grace.None),
        (Phase.Starting, UnitEvent.StartFailed { Generation: var g, Reason: var reason }) when g == state.Generation =>
            Fail(state, ExitCode.ServerDidNotComeUp, reason, Grace.Short),

        // It answered, and no longer does, before its arbiter said a word: the monitor has ended, nobody would notice later.
        (Phase.Starting, UnitEvent.BecameUnhealthy { Generation: var g, Reason: var reason }) when g == state.Generation =>
            Fail(state, ExitCode.ServerDidNotComeUp, reason, Grace.Short),

        (Phase.Serving, UnitEvent.Exited { Generation: var g, Reason: var reason }) when g == state.Generation && MayOverlap(state, restart) =>
            Replace(state, reason),
        (Phase.Serving or Phase.Restarting, UnitEvent.Exited { Generation: var g, Reason: var reason }) when g == state.Generation =>
            Crash(state, reason, Grace.Short, restart),
        (Phase.Serving or Phase.Restarting, UnitEvent.BecameUnhealthy { Generation: var g, Reason: var reason }) when g == state.Generation =>
            Crash(state, reason, Grace.Short, restart),
        (Phase.Restarting, UnitEvent.StartFailed { Generation: var g, Reason: var reason }) when g == state.Generation =>
            Crash(state, reason, Grace.Short, restart),
        (Phase.Starting or Phase.Restarting or Phase.Serving, UnitEvent.AnswerFailed { Generation: var g, Reason: var reason }) when g == state.Generation =>
            (state, [new Effect.SayFailedAnswer(g, state.Phase == Phase.Serving, reason)]),
        (Phase.Serving, UnitEvent.AnswerRecovered { Generation: var g }) when g == state.Generation =>
            (state, [new Effect.SayServing()]),
        (Phase.Serving, UnitEvent.StayedHealthy { Generation: var g }) when g == state.Generation =>
            (state with { Crashes = 0 }, []),

        (Phase.Ending, UnitEvent.TreeEnded { Generation: var g }) when g == state.Generation => Resume(state with { HasTree = false }),
        (Phase.BackingOff, UnitEvent.BackoffElapsed { Generation: var g }) when g == state.Generation => Next(state),

        _ => (state, []),
    };

    /// <summary>What follows when nothing is left of the current generation, or when the reload it waited for has failed.</summary>
    public static (UnitState State, IReadOnlyList<Effect> Effects) Resume(UnitState state) => state switch
    {
        // What was given up may yet be mended.
        { Orphans: not 0, Failure: not null } => (state, []),
        { Failure: not null, Rollout: not null } => (state with { Phase = Phase.Waiting }, []),
        { Failure: { } failure } => (state with { Phase = Phase.Ended }, [new Effect.Finish(failure)]),
        { Crashes: 1 } => Next(state),
        _ => (state with { Phase = Phase.BackingOff }, [new Effect.BackOff(state.Generation, state.Crashes)]),
    };

    /// <summary>READY=1 is a gate: both the arbiter's word and an answer, in whichever order they come.</summary>
    private static (UnitState State, IReadOnlyList<Effect> Effects) Gate(UnitState state)
    {
        if (!state.ArbiterReady || !state.ProbeSucceeded)
        {
            return (state, []);
        }

        var serving = state with { Phase = Phase.Serving };
        List<Effect> effects = [new Effect.SayServing(), new Effect.AwaitHealthySpan(state.Generation)];
        if (state.Phase == Phase.Restarting)
        {
            return (serving, effects);
        }

        effects.Insert(1, new Effect.TellReady());
        var (next, begun) = Rollouts.BeginQueued(serving);
        return (next, [.. effects, .. begun]);
    }

    private static (UnitState State, IReadOnlyList<Effect> Effects) Fail(UnitState state, ExitCode code, string reason, Grace grace) =>
        (state with { Phase = Phase.Ending, Failure = new UnitFailure(code, reason) }, [new Effect.End(state.Generation, grace)]);

    /// <summary>Whether nothing but two generations would run.</summary>
    private static bool MayOverlap(UnitState state, RestartOptions restart) =>
        state is { Crashes: 0, Orphans: 0 } && state.Rollout is null or { Stage: Stage.Preparing } && restart.Limit > 0;

    /// <summary>Clients wait for the next one; the workers that have lost their arbiter take no new request, and need not be waited for.</summary>
    private static (UnitState State, IReadOnlyList<Effect> Effects) Replace(UnitState state, string reason)
    {
        var (next, effects) = Next(state with { Crashes = 1, Orphans = state.Generation });
        return (next, [SayReplaced(state, reason), new Effect.End(state.Generation, Grace.Short), .. effects]);
    }

    private static (UnitState State, IReadOnlyList<Effect> Effects) OrphansEnded(UnitState state)
    {
        if (Rollouts.AwaitsOrphans(state))
        {
            return Rollouts.LaunchNext(state);
        }

        // What was asked for meanwhile; before anything is given up, for it may mend that.
        var (next, effects) = Rollouts.BeginQueued(state);
        if (next is { Phase: Phase.Ending, HasTree: false })
        {
            (next, var resumed) = Resume(next);
            effects = [.. effects, .. resumed];
        }

        return (next, effects);
    }

    private static Effect.Say SayReplaced(UnitState state, string reason) => new(LogLevel.Warning, $"Generation {state.Generation} failed and is replaced: {reason}");

    private static (UnitState State, IReadOnlyList<Effect> Effects) Crash(UnitState state, string reason, Grace grace, RestartOptions restart)
    {
        var crashes = state.Crashes + 1;
        if (crashes <= restart.Limit)
        {
            return (state with { Phase = Phase.Ending, Crashes = crashes }, [SayReplaced(state, reason), new Effect.End(state.Generation, grace)]);
        }

        var (failed, effects) = Fail(state, ExitCode.GivenUp, $"given up after {crashes} crashes in a row, the last: {reason}", grace);
        return state.Rollout is null
            ? (failed, effects) // the last line of all will say it
            : (failed, [new Effect.Say(LogLevel.Error, $"Generation {state.Generation} is {failed.Failure!.Reason}; nothing serves until the reload under way has brought the next"), .. effects]);
    }

    private static (UnitState State, IReadOnlyList<Effect> Effects) Next(UnitState state)
    {
        if (state.Rollout is { Stage: Stage.Proving })
        {
            // A third generation would be one too many.
            return (state with { Phase = Phase.Waiting }, []);
        }

        var next = state.Last + 1;
        return (
            state with { Phase = Phase.Restarting, Generation = next, Last = next, HasTree = true, ArbiterReady = false, ProbeSucceeded = false },
            [new Effect.Launch(next, Role.Current)]);
    }
}
