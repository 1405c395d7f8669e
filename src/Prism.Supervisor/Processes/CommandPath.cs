namespace Prism.Supervisor.Processes;

/// <summary>Finds a command as execvp(3) does, but before anything is started, so that a missing one is a clear line.</summary>
internal static class CommandPath
{
    /// <summary>The file to execute; throws <see cref="StartupException"/> (configuration) naming the command and the <paramref name="setting"/> that holds it.</summary>
    public static string Resolve(string command, string? path, string setting)
    {
        if (command.Contains('/', StringComparison.Ordinal))
        {
            return IsExecutable(command)
                ? command
                : throw new StartupException(ExitCode.Configuration, $"{command} is no executable file: correct {setting} in the configuration");
        }

        foreach (var folder in (path ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            var candidate = Path.Combine(folder, command);
            if (Path.IsPathRooted(folder) && IsExecutable(candidate))
            {
                return candidate;
            }
        }

        throw new StartupException(
            ExitCode.Configuration,
            $"{command} is not on PATH ({(string.IsNullOrEmpty(path) ? "which is empty" : path)}): put its folder there, or give the whole path as {setting}");
    }

    private static bool IsExecutable(string file)
    {
        const UnixFileMode executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return File.Exists(file) && (File.GetUnixFileMode(file) & executable) != 0;
    }
}
