using Prism.Supervisor.Gunicorn;

namespace Prism.Supervisor.Lifecycle;

/// <summary>Makes the release that a reload is to bring: the seam between the loop and what stands above it.</summary>
internal interface IReleasePreparer
{
    /// <summary>Throws <see cref="StartupException"/> with the step that failed, or was ended by <paramref name="limit"/>, and what is not undone; between steps <see cref="OperationCanceledException"/>. Nothing that it started runs on.</summary>
    /// <param name="progress">Told what is being done, in words.</param>
    /// <param name="limit">Ends what runs, with its grace; told the span of the configuration that is read.</param>
    /// <param name="arbiter">The pid of the arbiter that serves; null: none does.</param>
    Task<Release> PrepareAsync(Action<string> progress, int? arbiter, ReloadTime limit);
}
