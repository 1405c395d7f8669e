using Prism.Supervisor.Configuration;

namespace Prism.Supervisor.Steps;

/// <summary>One management command that must succeed before a release may serve: the import gate, migrate, collectstatic.</summary>
/// <param name="Name">Django's word for it, and `import` for the gate.</param>
/// <param name="Command">Command and arguments; empty leaves the step out.</param>
/// <param name="Setting">Where the command is configured, for messages.</param>
/// <param name="Failure">The exit code of a start that fails here.</param>
internal sealed record ManageStep(string Name, IReadOnlyList<string> Command, string Setting, ExitCode Failure)
{
    /// <summary>The usual reason.</summary>
    public static string StopRequested() => "a stop was requested";

    /// <summary>What the command was resolved to; null: it is looked up when it is run.</summary>
    public string? File { get; init; }

    /// <summary>What the step would be done with, in hexadecimal digits: the same again has nothing to do. Null: not known.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Hears its output as it is written (<see cref="Processes.ProcessSpec.Heard"/>).</summary>
    public Action<string, bool>? Heard { get; init; }

    /// <summary>Told of each line of it that is in the log.</summary>
    public Action? Relayed { get; init; }

    /// <summary>What can still be done for one that has not ended within its grace, before it is killed.</summary>
    public Func<Task>? BeforeKill { get; init; }

    /// <summary>When it is run.</summary>
    public StepPolicy When { get; init; } = StepPolicy.Always;

    /// <summary>Why it is ended before its end, in words.</summary>
    public Func<string> WhyEnded { get; init; } = StopRequested;

    /// <summary>How long it may take; null: as long as it likes.</summary>
    public TimeSpan? Timeout { get; init; }
}
