using Prism.Supervisor.Configuration;
using Prism.Supervisor.Processes;
using Prism.Supervisor.StaticFiles;

namespace Prism.Supervisor;

/// <summary>Where the static files of a site are looked for: `static.path`, else where its environment has STATIC_ROOT, else `staticfiles` in the state directory.</summary>
internal static class StaticPlace
{
    public const string Variable = "STATIC_ROOT";

    public static StaticRequest Request(SupervisorOptions options, ProcessEnvironment environment, string? fingerprint)
    {
        var path = options.StaticPath ?? (environment[Variable] is { Length: > 0 } root && StaticReader.IsPlace(root) ? root : Path.Combine(options.StateDirectory, "staticfiles"));
        string?[] kept = [options.StateDirectory, options.RuntimeDirectory, environment["MEDIA_ROOT"]];
        return new StaticRequest(Path.GetFullPath(path).TrimEnd('/'), [.. kept.OfType<string>().Where(Path.IsPathRooted).Select(Path.GetFullPath)], fingerprint);
    }
}
