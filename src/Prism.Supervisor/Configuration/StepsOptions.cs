namespace Prism.Supervisor.Configuration;

/// <summary>The two steps before the server; an empty command leaves a step out.</summary>
/// <param name="Migrate">Command and arguments.</param>
/// <param name="Collectstatic">Command and arguments.</param>
/// <param name="StopTimeout">What a step gets between SIGTERM and SIGKILL.</param>
internal sealed record StepsOptions(IReadOnlyList<string> Migrate, IReadOnlyList<string> Collectstatic, TimeSpan StopTimeout)
{
    public StepPolicy MigrateWhen { get; init; } = StepPolicy.Changed;

    public StepPolicy CollectstaticWhen { get; init; } = StepPolicy.Changed;

    /// <summary>The same with both run each time (`run --force`).</summary>
    public StepsOptions Forced() => this with { MigrateWhen = StepPolicy.Always, CollectstaticWhen = StepPolicy.Always };
}
