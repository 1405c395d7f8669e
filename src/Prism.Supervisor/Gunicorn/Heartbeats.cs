using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Gunicorn;

/// <summary>
/// Which workers of an arbiter have begun to work: each has a removed file, open in the arbiter too, whose heart beats only
/// after the application is loaded (gunicorn/workers/workertmp.py, and init_process of each class).
/// </summary>
internal static class Heartbeats
{
    // The first beat writes the monotonic clock as the time of the file, years before any time of day; up to 20.1 it flips the mode.
    private const long NoTimeOfDay = 1_000_000_000;
    private const int Flipped = 1;

    /// <summary>One for each worker that was forked, in no order: whether it has begun. Empty when nothing can be seen.</summary>
    public static IReadOnlyList<bool> Of(int arbiter)
    {
        var beats = new List<bool>();
        try
        {
            foreach (var descriptor in new DirectoryInfo($"/proc/{arbiter}/fd").EnumerateFileSystemInfos())
            {
                if (descriptor.LinkTarget is { } target && target.Contains("/wgunicorn-", StringComparison.Ordinal) && FileStatus.Of(descriptor.FullName) is { } file)
                {
                    beats.Add(file.Modified < NoTimeOfDay || file.Mode <= Flipped);
                }
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return []; // it ended, or is another user's
        }

        return beats;
    }
}
