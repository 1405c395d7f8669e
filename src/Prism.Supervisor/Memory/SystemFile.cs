using System.Globalization;

namespace Prism.Supervisor.Memory;

/// <summary>Reads what the kernel tells in small files, of which any may be missing or hidden.</summary>
internal static class SystemFile
{
    public static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A number that is not negative; null for `max`, and for whatever is none.</summary>
    public static long? Figure(string? text) =>
        long.TryParse(text?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var figure) ? figure : null;
}
