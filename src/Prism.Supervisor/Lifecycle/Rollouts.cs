namespace Prism.Supervisor.Lifecycle;

/// <summary>The part of the table about reloads: a release is tried beside the generation that serves, takes over, or goes without a trace. Pure.</summary>
/// <remarks>
/// Preparing  → Trying       all steps succeeded: a canary
/// Trying     → Dismissing   it has answered and stayed up
/// Dismissing → Proving      it is gone: the next generation, whole
/// Proving    → Retiring     it has proven itself and is the current one from now on
/// Retiring   → done         nothing is left of the old one: READY=1
/// any        → Abandoning   what was launched failed; → done when nothing is left of it: READY=1, the old one serves on
/// </remarks>
internal static class Rollouts
{
    /// <summary>Whether the event is about the reload under way, or asks for one.</summary>
    public static bool Concerns(UnitState state, UnitEvent what) => what switch
    {
        UnitEvent.ReloadRequested or UnitEvent.Progressed or UnitEvent.Prepared or UnitEvent.PreparationFailed => true,
        _ => state.Rollout is { Number: > 0 and var number } && GenerationOf(what) == number,
    };

    public static (UnitState State, IReadOnlyList<Effect> Effects) Step(UnitState state, UnitEvent what) => (state.Rollout?.Stage, what) switch
    {
        (null, UnitEvent.ReloadRequested) when HasServed(state) && state.Orphans == 0 => Begin(state),
        (_, UnitEvent.ReloadRequested) => (state with { ReloadQueued = true }, []),

        (Stage.Preparing, UnitEvent.Progressed { Text: var text }) => (state, [new Effect.SayProgress(text)]),
        (Stage.Preparing, UnitEvent.Prepared) => Launch(state, Stage.Trying, Role.Canary),
        (Stage.Preparing, UnitEvent.PreparationFailed { Reason: var reason }) => Done(state, new Effect.ReloadFailed(reason)),

        (Stage.Trying or Stage.Proving, UnitEvent.ArbiterReady) => Gate(state, state.Rollout! with { ArbiterReady = true }),
        (Stage.Trying or Stage.Proving, UnitEvent.BecameHealthy) => Gate(state, state.Rollout! with { ProbeSucceeded = true }),
        (Stage.Trying, UnitEvent.StayedHealthy) when state.Rollout is { ArbiterReady: true, ProbeSucceeded: true } => (state with { Rollout = state.Rollout! with { Stage = Stage.Dismissing } }, [new Effect.End(state.Rollout.Number, Grace.Short)]),

        (Stage.Trying, UnitEvent.Exited { Reason: var reason }) => Abandon(state, reason, Grace.None),
        (Stage.Proving, UnitEvent.Exited { Reason: var reason }) => Abandon(state, reason, Grace.Short),
        (Stage.Trying or Stage.Proving, UnitEvent.StartFailed { Reason: var reason }) => Abandon(state, reason, GraceOf(state.Rollout!)),
        (Stage.Trying or Stage.Proving, UnitEvent.BecameUnhealthy { Reason: var reason }) => Abandon(state, reason, GraceOf(state.Rollout!)),

        (Stage.Dismissing, UnitEvent.TreeEnded) when state.Orphans != 0 => (state with { Rollout = new Rollout(Stage.Dismissing) }, []),
        (Stage.Dismissing, UnitEvent.TreeEnded) => LaunchNext(state),
        (Stage.Retiring, UnitEvent.TreeEnded) => Done(state, state.Phase == Phase.Serving
            ? new Effect.ReloadSucceeded()
            : new Effect.ReloadFailed("the new release took over, and has failed since")),
        (Stage.Abandoning, UnitEvent.TreeEnded) => Done(state, new Effect.ReloadFailed(state.Rollout!.Reason!)),

        _ => (state, []),
    };

    /// <summary>A canary is young and nobody's; the next generation shares the public sockets, and may have requests in hand as soon as its arbiter is ready.</summary>
    public static Grace GraceOf(Rollout rollout) => rollout is { Stage: Stage.Proving, ArbiterReady: true } ? Grace.Full : Grace.Short;

    /// <summary>Whether the next generation would be the third, beside the one that was started after a crash and what finishes of the one before.</summary>
    public static bool AwaitsOrphans(UnitState state) => state.Rollout is { Stage: Stage.Dismissing, Number: 0 };

    /// <summary>The canary has proven itself and is gone.</summary>
    public static (UnitState State, IReadOnlyList<Effect> Effects) LaunchNext(UnitState state) => Launch(state, Stage.Proving, Role.Next);

    /// <summary>The reload that was asked for while nothing could be done about it.</summary>
    public static (UnitState State, IReadOnlyList<Effect> Effects) BeginQueued(UnitState state) => state is { ReloadQueued: true, Rollout: null, Orphans: 0 } ? Begin(state) : (state, []);

    /// <summary>A start that has not succeeded is no one's to reload: the wish is kept until it has.</summary>
    private static bool HasServed(UnitState state) => state is not ({ Phase: Phase.Starting } or { Failure.Code: not ExitCode.GivenUp });

    private static int? GenerationOf(UnitEvent what) => what switch
    {
        UnitEvent.ArbiterReady { Generation: var g } => g,
        UnitEvent.BecameHealthy { Generation: var g } => g,
        UnitEvent.BecameUnhealthy { Generation: var g } => g,
        UnitEvent.StayedHealthy { Generation: var g } => g,
        UnitEvent.Exited { Generation: var g } => g,
        UnitEvent.StartFailed { Generation: var g } => g,
        UnitEvent.TreeEnded { Generation: var g } => g,
        _ => null,
    };

    private static (UnitState State, IReadOnlyList<Effect> Effects) Begin(UnitState state) =>
        (state with { Rollout = new Rollout(Stage.Preparing), ReloadQueued = false }, [new Effect.TellReloading(), new Effect.Prepare()]);

    private static (UnitState State, IReadOnlyList<Effect> Effects) Launch(UnitState state, Stage stage, Role role)
    {
        var number = state.Last + 1;
        return (state with { Last = number, Rollout = new Rollout(stage, number) }, [new Effect.Launch(number, role)]);
    }

    private static (UnitState State, IReadOnlyList<Effect> Effects) Gate(UnitState state, Rollout rollout)
    {
        var next = state with { Rollout = rollout };
        return rollout switch
        {
            // A repeated word of the arbiter is no second proof.
            _ when rollout == state.Rollout || !rollout.ArbiterReady || !rollout.ProbeSucceeded => (next, []),
            { Stage: Stage.Trying } => (next, [new Effect.AwaitCanarySpan(rollout.Number)]),
            _ => Promote(next, rollout.Number),
        };
    }

    /// <summary>The next generation is the current one. Of the old one, whatever became of it meanwhile, the rest is ended.</summary>
    private static (UnitState State, IReadOnlyList<Effect> Effects) Promote(UnitState state, int number)
    {
        var old = state.Generation;
        var next = state with { Phase = Phase.Serving, Generation = number, HasTree = true, ArbiterReady = true, ProbeSucceeded = true, Crashes = 0, Failure = null };
        List<Effect> effects = [new Effect.Promote(number), new Effect.SayServing(), new Effect.AwaitHealthySpan(number)];
        if (!state.HasTree)
        {
            var (done, last) = Done(next, new Effect.ReloadSucceeded());
            return (done, [.. effects, .. last]);
        }

        if (state.Phase != Phase.Ending)
        {
            effects.Add(new Effect.End(old, state.Phase == Phase.Serving ? Grace.Full : Grace.Short));
        }

        return (next with { Rollout = new Rollout(Stage.Retiring, old) }, effects);
    }

    private static (UnitState State, IReadOnlyList<Effect> Effects) Abandon(UnitState state, string reason, Grace grace)
    {
        var rollout = state.Rollout!;
        var what = rollout.Stage == Stage.Trying ? "the canary" : $"generation {rollout.Number}";
        return (state with { Rollout = rollout with { Stage = Stage.Abandoning, Reason = $"{what}: {reason}" } }, [new Effect.End(rollout.Number, grace)]);
    }

    /// <summary>READY=1 ends the reload for systemd, whatever came of it (sd_notify(3): RELOADING=1 is followed by READY=1).</summary>
    private static (UnitState State, IReadOnlyList<Effect> Effects) Done(UnitState state, Effect verdict)
    {
        var (next, effects) = (state with { Rollout = null }, (IReadOnlyList<Effect>)[verdict, new Effect.TellReady()]);
        // Before anything is given up: the next one may mend it.
        (next, var queued) = BeginQueued(next);
        effects = [.. effects, .. queued];

        if (next.Phase == Phase.Waiting)
        {
            (next, var resumed) = Transitions.Resume(next);
            effects = [.. effects, .. resumed];
        }

        return (next, effects);
    }
}
