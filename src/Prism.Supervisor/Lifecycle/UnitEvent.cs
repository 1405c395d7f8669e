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

    /// <summary>An answer that was not good and changed no verdict.</summary>
    internal sealed record AnswerFailed(int Generation, string Reason) : UnitEvent;

    /// <summary>A good answer after such ones.</summary>
    internal sealed record AnswerRecovered(int Generation) : UnitEvent;

    /// <summary>The arbiter ended, or could not be started; the code is what a first start fails with.</summary>
    internal sealed record Exited(int Generation, ExitCode Code, string Reason) : UnitEvent;

    /// <summary>The generation will not prove itself: out of time, or its workers keep dying.</summary>
    internal sealed record StartFailed(int Generation, string Reason) : UnitEvent;

    /// <summary>Nothing is left of the generation.</summary>
    internal sealed record TreeEnded(int Generation) : UnitEvent;

    internal sealed record BackoffElapsed(int Generation) : UnitEvent;

    /// <summary>What the preparation does at the moment, in words.</summary>
    internal sealed record Progressed(string Text) : UnitEvent;

    /// <summary>All that comes before a canary has been done: there is a release to try.</summary>
    internal sealed record Prepared : UnitEvent;

    /// <summary>A step before the canary failed, or was ended by a stop; nothing of it is left running.</summary>
    internal sealed record PreparationFailed(string Reason) : UnitEvent;

    internal sealed record WatchdogDue : UnitEvent;

    internal sealed record ReloadRequested : UnitEvent;

    internal sealed record StopRequested : UnitEvent;
}
