using System.ComponentModel;
using System.Globalization;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.StaticFiles;

/// <summary>A full disk, from whomever the word comes, as one line that says what to do.</summary>
internal static class Space
{
    /// <summary>ENOSPC and EDQUOT: of a call of ours, of .NET (an IOException's HResult is errno), or in the last words of collectstatic.</summary>
    public static bool IsGone(Exception fault) => fault switch
    {
        Win32Exception { NativeErrorCode: Errno.NoSpace or Errno.OverQuota } => true,
        IOException { HResult: Errno.NoSpace or Errno.OverQuota } => true,
        StartupException { Message: var text } => text.Contains($"[Errno {Errno.NoSpace}]", StringComparison.Ordinal) || text.Contains($"[Errno {Errno.OverQuota}]", StringComparison.Ordinal),
        _ => false,
    };

    /// <param name="reached">What the folder held when it happened, in bytes.</param>
    /// <param name="before">What the files of the release that serves take; null: none is known.</param>
    public static string Line(string store, long reached, long? before)
    {
        var known = before is { } size ? $"; those of the release that serves take {Words(size)}" : "";
        return $"no space is left for the static files: {store} has {Free(store)} (df, df -i, quota) now that the {Words(reached)} that were collected are removed again{known}; make room there and try again";
    }

    private static string Free(string path)
    {
        try
        {
            return $"{Words(new DriveInfo(path).AvailableFreeSpace)} free";
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return "too little free";
        }
    }

    private static string Words(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MB");
}
