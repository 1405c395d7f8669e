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

    private static bool IsExecutable(string file)
    {
        const UnixFileMode executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return File.Exists(file) && (File.GetUnixFileMode(file) & executable) != 0;
    }
}
