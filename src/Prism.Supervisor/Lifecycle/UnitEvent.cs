namespace Prism.Supervisor.Lifecycle;

/// <summary>What the loop is told. Events of a generation carry its number, so that those of a retired one change nothing.</summary>
internal abstract record UnitEvent
{
    private UnitEvent()
    {
    }

    /// <summary>The arbiter has said READY=1 on our socket.</summary>
    internal sealed record ArbiterReady(int Generation) : UnitEvent;

    internal sealed record BecameHealthy(int Generation) : UnitEvent;

    internal sealed record BecameUnhealthy(int Generation, string Reason) : UnitEvent;

    /// <summary>No crash for as long as it takes to forget the earlier ones.</summary>
    internal sealed record StayedHealthy(int Generation) : UnitEvent;

    /// <summary>The arbiter ended, or could not be started.</summary>
    internal sealed record Exited(int Generation, string Reason) : UnitEvent;

    /// <summary>The generation has not proven itself in time.</summary>
    internal sealed record StartTimedOut(int Generation, string Reason) : UnitEvent;

    /// <summary>Nothing is left of the generation.</summary>
    internal sealed record TreeEnded(int Generation) : UnitEvent;

    internal sealed record BackoffElapsed(int Generation) : UnitEvent;

    internal sealed record WatchdogDue : UnitEvent;

    internal sealed record StopRequested : UnitEvent;
}
