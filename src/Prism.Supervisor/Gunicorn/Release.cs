using Prism.Supervisor.Configuration;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Gunicorn;

/// <summary>All that a generation is made of: read, checked and resolved once, so that a crash starts again what has proven itself and not what has come since.</summary>
/// <param name="Program">The file of gunicorn.command, its folders resolved to what they were then.</param>
/// <param name="Version">Gunicorn's; null: not known.</param>
/// <param name="NotUndone">What a reload to this release has changed for good, for the case that it fails; null: nothing.</param>
internal sealed record Release(SupervisorOptions Options, ProcessEnvironment Environment, Redactor Redactor, string Program, Version? Version, string? NotUndone)
{
    /// <summary>Whether its processes are started like those of another that was made of the same configuration and secrets: what is found out besides is Gunicorn's version and the folder of static files.</summary>
    public bool IsServedLike(Release other) => Version == other.Version && Environment.IsSameAs(other.Environment);

    /// <summary>To be called when it did not come up: what was taken for its version may be the reason.</summary>
    public Action? Disproven { get; init; }

    /// <summary>To be called when it has proven itself, before anything of the release before is ended; does what it has to do once, and never throws.</summary>
    public Action? Proven { get; init; }
}
