namespace Prism.Supervisor.Releases;

/// <summary>Whether a step is run, and why it is not.</summary>
/// <param name="Reason">Null: it is run.</param>
internal readonly record struct StepDecision(string? Reason)
{
    public static StepDecision Run { get; } = new(null);

    public bool MustRun => Reason is null;
}
