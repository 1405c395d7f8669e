using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Lifecycle;

/// <summary>What the loop is to do.</summary>
internal abstract record Effect
{
    private Effect()
    {
    }

    internal sealed record Launch(int Generation) : Effect;

    /// <summary>End the generation: TERM and a grace, or KILL at once.</summary>
    internal sealed record End(int Generation, Grace Grace) : Effect;

    /// <summary>Report when the generation has stayed healthy long enough.</summary>
    internal sealed record AwaitHealthySpan(int Generation) : Effect;

    internal sealed record BackOff(int Generation, int Crashes) : Effect;

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
