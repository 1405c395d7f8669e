using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Lifecycle;

/// <summary>The part of the table about stopping: whatever runs is ended, whoever waits is answered, and nothing is launched any more. Pure.</summary>
internal static class Stops
{
    /// <summary>The verdict for all who wait for a reload.</summary>
    public const string Reason = "the supervisor is stopping";

    public static (UnitState State, IReadOnlyList<Effect> Effects) Begin(UnitState state)
    {
        List<Effect> effects = [new Effect.TellStopping(), new Effect.Say(LogLevel.Information, "Stopping")];
        if (state.Rollout is not null || state.ReloadQueued)
        {
            effects.Add(new Effect.RefuseReloads(Reason));
        }

        var rollout = state.Rollout;
        switch (rollout)
        {
            case { Stage: Stage.Preparing }:
                effects.Add(new Effect.CancelPreparation());
                break;
            case { Stage: Stage.Trying or Stage.Proving, Number: var number }:
                effects.Add(new Effect.End(number, Rollouts.GraceOf(rollout)));
                rollout = rollout with { Stage = Stage.Abandoning, Reason = Reason };
                break;
            case not null when Rollouts.AwaitsOrphans(state):
                rollout = null; // nothing runs for it
                break;
        }

        if (state.HasTree && state.Phase != Phase.Ending)
        {
            // An arbiter that is still forking can lose a TERM for its whole graceful timeout, and nobody was promised an answer yet.
            effects.Add(new Effect.End(state.Generation, state.Phase == Phase.Serving ? Grace.Full : Grace.Short));
        }

        var (next, last) = Finish(state with { Phase = Phase.Stopping, Failure = null, Rollout = rollout, ReloadQueued = false });
        return (next, [.. effects, .. last]);
    }

    public static (UnitState State, IReadOnlyList<Effect> Effects) Step(UnitState state, UnitEvent what) => what switch
    {
        UnitEvent.StopRequested => (state, [.. Hurry(state)]),
        UnitEvent.ReloadRequested => (state, [new Effect.RefuseReloads(Reason)]),
        UnitEvent.TreeEnded { Generation: var g } when g == state.Generation => Finish(state with { HasTree = false }),
        UnitEvent.TreeEnded { Generation: var g } when g == state.Orphans => Finish(state with { Orphans = 0 }),
        UnitEvent.TreeEnded { Generation: var g } when g == state.Rollout?.Number => Finish(state with { Rollout = null }),
        UnitEvent.Prepared or UnitEvent.PreparationFailed when state.Rollout is { Stage: Stage.Preparing } => Finish(state with { Rollout = null }),
        _ => (state, []),
    };

    private static IEnumerable<Effect> Hurry(UnitState state)
    {
        if (state.Rollout is { Number: > 0 and var number })
        {
            yield return new Effect.End(number, Grace.None);
        }

        if (state.Orphans != 0)
        {
            yield return new Effect.End(state.Orphans, Grace.None);
        }

        if (state.HasTree)
        {
            yield return new Effect.End(state.Generation, Grace.None);
        }
    }

    private static (UnitState State, IReadOnlyList<Effect> Effects) Finish(UnitState state) =>
        state.HasTree || state.Rollout is not null || state.Orphans != 0 ? (state, []) : (state with { Phase = Phase.Ended }, [new Effect.Finish(null)]);
}
