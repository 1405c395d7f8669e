using Prism.Supervisor.StaticFiles;

namespace Prism.Supervisor;

/// <summary>What the steps of a release have come to.</summary>
/// <param name="NotUndone">What a reload that fails later will not have undone; null: nothing, or at a start, where the steps speak for themselves.</param>
/// <param name="Static">The folder of static files; null: they are none of our business, or the site does not let them be.</param>
internal sealed record StepsOutcome(string? NotUndone, StaticRelease? Static)
{
    /// <summary>The release as it serves: with STATIC_ROOT where its own files are.</summary>
    public Gunicorn.Release Complete(Gunicorn.Release release) => Static is null
        ? release
        : release with { Environment = release.Environment.With(StaticPlace.Variable, Static.Folder), Proven = Static.Proven };
}
