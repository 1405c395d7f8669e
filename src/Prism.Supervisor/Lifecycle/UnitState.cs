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

    /// <summary>A stop was requested; the generation has its grace.</summary>
    Stopping,

    /// <summary>Nothing runs, nothing will.</summary>
    Ended,
}

/// <summary>All that the loop knows: immutable, changed only by <see cref="Transitions"/>.</summary>
/// <param name="Generation">The number of the current, or the last, generation.</param>
/// <param name="ArbiterReady">Whether this generation's arbiter has said READY=1.</param>
/// <param name="ProbeSucceeded">Whether this generation has answered the probe.</param>
/// <param name="Crashes">Crashes in a row.</param>
/// <param name="Failure">Why the unit will end when the current generation is gone; null when another follows.</param>
internal sealed record UnitState(Phase Phase, int Generation, bool ArbiterReady, bool ProbeSucceeded, int Crashes, UnitFailure? Failure)
{
    public static UnitState Initial { get; } = new(Phase.Starting, 1, ArbiterReady: false, ProbeSucceeded: false, Crashes: 0, Failure: null);
}

/// <summary>Why the unit ends: the exit code of its kind and one line.</summary>
internal sealed record UnitFailure(ExitCode Code, string Reason);
