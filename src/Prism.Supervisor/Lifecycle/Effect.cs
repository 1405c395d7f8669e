using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Lifecycle;

/// <summary>What the loop is to do.</summary>
internal abstract record Effect
{
    private Effect()
    {
    }

    internal sealed record Launch(int Generation, Role Role) : Effect;

    /// <summary>End the generation: TERM and a grace, or KILL at once.</summary>
    internal sealed record End(int Generation, Grace Grace) : Effect;

    /// <summary>Report when the generation has stayed healthy long enough.</summary>
    internal sealed record AwaitHealthySpan(int Generation) : Effect;

    /// <summary>Report when the canary, which has answered, has stayed up for a moment.</summary>
    internal sealed record AwaitCanarySpan(int Generation) : Effect;

    internal sealed record BackOff(int Generation, int Crashes) : Effect;

    /// <summary>Make a release out of what the configuration, the secrets and the commands are now.</summary>
    internal sealed record Prepare : Effect;

    /// <summary>End what the preparation runs; it still reports its end.</summary>
    internal sealed record CancelPreparation : Effect;

    /// <summary>The generation serves from now on, and its release is the one that a crash starts again.</summary>
    internal sealed record Promote(int Generation) : Effect;

    internal sealed record TellReloading : Effect;

    /// <summary>What the reload does at the moment.</summary>
    internal sealed record SayProgress(string Text) : Effect;

    /// <summary>Say so, and answer those who wait for this reload.</summary>
    internal sealed record ReloadSucceeded : Effect;

    /// <summary>Likewise, with the step that failed and why.</summary>
    internal sealed record ReloadFailed(string Reason) : Effect;

    /// <summary>Answer all who wait for this reload, or the next.</summary>
    internal sealed record RefuseReloads(string Reason) : Effect;

    internal sealed record TellReady : Effect;

    internal sealed record TellStopping : Effect;

    internal sealed record TellWatchdog : Effect;

    /// <summary>Say where the current generation serves.</summary>
    internal sealed record SayServing : Effect;

    /// <summary>A line for `systemctl status` and the journal.</summary>
    internal sealed record Say(LogLevel Level, string Text) : Effect;

    /// <summary>Tell of an answer that was not good; the same one again is not told twice.</summary>
    internal sealed record SayFailedAnswer(int Generation, bool IsServing, string Reason) : Effect;

    /// <summary>Leave the loop; null means that a stop was asked for and done.</summary>
    internal sealed record Finish(UnitFailure? Failure) : Effect;
}

/// <summary>What a generation is launched as.</summary>
internal enum Role
{
    /// <summary>The release that has proven itself (or, at the start, the only one), on the public sockets.</summary>
    Current,

    /// <summary>One worker of the next release, on its private socket only.</summary>
    Canary,

    /// <summary>The next release, whole, on the public sockets.</summary>
    Next,
}

/// <summary>How much time a generation gets to end.</summary>
internal enum Grace
{
    /// <summary>None: SIGKILL.</summary>
    None,

    /// <summary>A moment: it is thought to be stuck.</summary>
    Short,

    /// <summary>Gunicorn's graceful timeout.</summary>
    Full,
}
