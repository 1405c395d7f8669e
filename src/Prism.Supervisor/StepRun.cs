using Prism.Supervisor.Configuration;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Steps;

namespace Prism.Supervisor;

/// <summary>All that the steps of one release are run with: read, resolved and pinned before the first of them begins.</summary>
/// <param name="Gate">The import gate of a reload; null at a start, where the server may find out.</param>
/// <param name="Progress">Takes a line of what is being done; must not block.</param>
internal sealed record StepRun(
    SupervisorOptions Options, ProcessEnvironment Environment, Redactor Redactor, ManageStep? Gate, ManageStep Migrate, ManageStep Collectstatic, Action<string> Progress)
{
    /// <summary>Whether the value of a variable must not be shown, by its name.</summary>
    public Func<string, bool> IsSecret { get; init; } = static _ => true;

    /// <summary>The file of `manage.command`; null: there is none.</summary>
    public string? Manage { get; init; }

    /// <summary>Told what the server has to wait for: a step, before its command is run and to be awaited; a database that is not up.</summary>
    public Func<string, Task> ComesFirst { get; init; } = static _ => Task.CompletedTask;

    public bool IsReload => Gate is not null;
}
