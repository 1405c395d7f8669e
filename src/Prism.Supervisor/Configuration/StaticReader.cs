namespace Prism.Supervisor.Configuration;

/// <summary>Reads `static.*`.</summary>
internal static class StaticReader
{
    /// <summary>Null: not said.</summary>
    public static string? Path(Settings settings)
    {
        var path = settings.OptionalText("static.path");
        return path is null || IsPlace(path) ? path : settings.Fault<string?>($"static.path must be an absolute path of a folder in a folder, not '{OneLine.Clip(path)}'", null);
    }

    /// <summary>Whether a folder, or a link to one, could lie there: the root cannot be exchanged.</summary>
    public static bool IsPlace(string path) => System.IO.Path.IsPathRooted(path) && System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path).TrimEnd('/')) is not null;
}
