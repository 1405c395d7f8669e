namespace Prism.Supervisor.Lifecycle;

/// <summary>What the unit is doing.</summary>
internal enum Phase
{
    /// <summary>The first generation runs and has not proven itself: READY=1 has not been sent.</summary>
    Starting,

    /// <summary>The generation has proven itself.</summary>
    Serving,

    /// <summary>A generation is being ended because it failed; another follows, or the end.</summary>
    Ending,

    /// <summary>No generation runs; the next one is due after a delay.</summary>
    BackingOff,

    /// <summary>A generation after a crash runs and has not proven itself.</summary>
    Restarting,

    /// <summary>No generation runs, and none is launched before the reload under way is decided.</summary>
    Waiting,

    /// <summary>A stop was requested; what runs has its grace.</summary>
    Stopping,

    /// <summary>Nothing runs, nothing will.</summary>
    Ended,
}

/// <summary>How far a reload has come.</summary>
internal enum Stage
{
    /// <summary>Configuration, secrets, import gate and steps, beside the loop.</summary>
    Preparing,

    /// <summary>A canary runs: one worker on a private socket.</summary>
    Trying,

    /// <summary>The canary has proven itself and is being ended; without a number it is gone, and orphans are waited for.</summary>
    Dismissing,

    /// <summary>The next generation runs beside the current one, and has not proven itself.</summary>
    Proving,

    /// <summary>The next generation is the current one; the old one has its grace.</summary>
    Retiring,

    /// <summary>What was launched for the reload is being ended because it failed.</summary>
    Abandoning,
}

/// <summary>A reload under way.</summary>
/// <param name="Number">The generation that the stage is about: canary, next or old one; 0 while there is none.</param>
/// <param name="ArbiterReady">Whether its arbiter has said READY=1.</param>
/// <param name="ProbeSucceeded">Whether it has answered the probe.</param>
/// <param name="Reason">Why it is abandoned.</param>
internal sealed record Rollout(Stage Stage, int Number = 0, bool ArbiterReady = false, bool ProbeSucceeded = false, string? Reason = null);

/// <summary>All that the loop knows: immutable, changed only by <see cref="Transitions"/>.</summary>
/// <param name="Generation">The number of the current, or the last current, generation.</param>
/// <param name="Last">The highest number given so far; every launch has its own.</param>
/// <param name="HasTree">Whether anything may be left of the current generation.</param>
/// <param name="ArbiterReady">Whether this generation's arbiter has said READY=1.</param>
/// <param name="ProbeSucceeded">Whether this generation has answered the probe.</param>
/// <param name="Crashes">Crashes in a row.</param>
/// <param name="Failure">Why the unit will end when the current generation is gone and no reload has mended it; null when another follows.</param>
/// <param name="Rollout">The reload under way; null: none.</param>
/// <param name="ReloadQueued">Whether another reload was asked for meanwhile.</param>
internal sealed record UnitState(
    Phase Phase,
    int Generation,
    int Last,
    bool HasTree,
    bool ArbiterReady,
    bool ProbeSucceeded,
    int Crashes,
    UnitFailure? Failure,
    Rollout? Rollout,
    bool ReloadQueued)
{
    /// <summary>The generation before, whose arbiter is gone and whose workers finish what they have in hand, while the current one starts; 0: none. Never during a reload.</summary>
    public int Orphans { get; init; }

    public static UnitState Initial { get; } = new(
        Phase.Starting, Generation: 1, Last: 1, HasTree: true, ArbiterReady: false, ProbeSucceeded: false, Crashes: 0, Failure: null, Rollout: null, ReloadQueued: false);
}

/// <summary>Why the unit ends: the exit code of its kind and one line.</summary>
internal sealed record UnitFailure(ExitCode Code, string Reason);
