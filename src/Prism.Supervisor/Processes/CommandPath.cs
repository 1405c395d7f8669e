namespace Prism.Supervisor.Processes;

/// <summary>Finds a command as execvp(3) does, but before anything is started, so that a missing one is a clear line.</summary>
internal static class CommandPath
{
    /// <summary>The file to execute; throws <see cref="StartupException"/> (configuration) naming the command and the <paramref name="setting"/> that holds it.</summary>
    public static string Resolve(string command, string? path, string setting) => Find(command, path) ?? throw new StartupException(
        ExitCode.Configuration,
        command.Contains('/', StringComparison.Ordinal)
            ? $"{command} is no executable file: correct {setting} in the configuration"
            : $"{command} is not on PATH ({(string.IsNullOrEmpty(path) ? "which is empty" : path)}): put its folder there, or give the whole path as {setting}");

    /// <summary>The file to execute; null: there is none.</summary>
    public static string? Find(string command, string? path)
    {
        if (command.Contains('/', StringComparison.Ordinal))
        {
            return IsExecutable(command) ? command : null;
        }

        return (path ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Where(Path.IsPathRooted)
            .Select(folder => Path.Combine(folder, command))
            .FirstOrDefault(IsExecutable);
    }

    /// <summary>
    /// The same file by a path that no link among its folders can lead elsewhere later: `current/bin/x` of today's release. The
    /// last name stays, link or not: a venv finds itself by the place of its bin/python (PEP 405). What cannot be looked at is left as it is.
    /// </summary>
    public static string Pin(string path)
    {
        if (!Path.IsPathRooted(path) || Path.GetFileName(path) is "" or "." or "..")
        {
            return path;
        }

        try
        {
            return Folder(Path.GetDirectoryName(path)!) is { } folder ? Path.Combine(folder, Path.GetFileName(path)) : path;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return path;
        }
    }

    /// <summary>As realpath(3) does it; null for links that lead round in a circle.</summary>
    private static string? Folder(string path)
    {
        const int manyLinks = 40; // MAXSYMLINKS
        var followed = 0;
        var resolved = "/";
        var open = new Stack<string>(path.Split('/').Reverse());
        while (open.TryPop(out var name))
        {
            if (name is "" or "." or "..")
            {
                resolved = name == ".." ? Path.GetDirectoryName(resolved) ?? "/" : resolved;
                continue;
            }

            var next = Path.Combine(resolved, name);
            if (new DirectoryInfo(next).LinkTarget is not { } target)
            {
                resolved = next;
                continue;
            }

            if (++followed > manyLinks)
            {
                return null;
            }

            resolved = Path.IsPathRooted(target) ? "/" : resolved;
            foreach (var part in target.Split('/').Reverse())
            {
                open.Push(part);
            }
        }

        return resolved;
    }

    private static bool IsExecutable(string file)
    {
        const UnixFileMode executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return File.Exists(file) && (File.GetUnixFileMode(file) & executable) != 0;
    }
}
