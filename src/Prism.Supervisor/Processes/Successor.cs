using System.Globalization;
using System.Runtime.InteropServices;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Processes;

/// <summary>The program that takes this process over: same pid, same terminal, no way back (execve(2)).</summary>
/// <param name="Arguments">The command as it was typed, program first.</param>
/// <param name="Environment">All that it gets.</param>
/// <param name="SearchPath">Where the program is looked for; null: as there is no PATH, nowhere.</param>
/// <param name="User">Whose rights it runs with; null: ours.</param>
/// <param name="WorkingDirectory">Null: ours.</param>
/// <param name="Mask">Null: our umask.</param>
/// <param name="MayDumpCore">Whether a core of it may be written, secrets included.</param>
internal sealed record Successor(
    IReadOnlyList<string> Arguments, ProcessEnvironment Environment, string? SearchPath, Account? User, string? WorkingDirectory, int? Mask, bool MayDumpCore)
{
    /// <summary>Does not return, except by a <see cref="StartupException"/>; the codes are env(1)'s where the command itself is at fault.</summary>
    public void TakeOver()
    {
        // What was typed with a slash was meant from where it was typed.
        var command = Arguments[0].Contains('/', StringComparison.Ordinal) ? FromHere(Arguments[0]) : Arguments[0];
        User?.Become();
        Enter();
        var file = Find(command);
        if (Mask is { } mask)
        {
            ProcessCalls.SetUmask(mask);
        }

        if (!MayDumpCore)
        {
            ProcessCalls.NoCores();
        }

        if (ProcessCalls.IsDumpable)
        {
            throw new StartupException(ExitCode.Internal, "the kernel has made this process readable for others again: nothing was run");
        }

        // What was passed to us stays with us; the terminal is what the caller's descriptors 0 to 2 are.
        Descriptors.SetCloseOnExecFrom(3);
        ProcessCalls.ResetSignals(keepsIgnored: true);
        throw Failed(file, ProcessCalls.Execute(file, Arguments, Environment.Reveal()));
    }

    private static string FromHere(string command)
    {
        try
        {
            return Path.GetFullPath(command);
        }
        catch (FileNotFoundException fault)
        {
            throw new StartupException(ExitCode.CommandNotFound, $"{command}: the folder that this was started in is gone: give its whole path", fault);
        }
    }

    private void Enter()
    {
        if (WorkingDirectory is null)
        {
            return;
        }

        try
        {
            System.Environment.CurrentDirectory = WorkingDirectory;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(
                fault is UnauthorizedAccessException ? ExitCode.NoPermission : ExitCode.Configuration,
                $"{WorkingDirectory} cannot be entered{(User is null ? "" : $" by user {User.Name}")}: it is the working directory; start the site once, or change stateDirectory in the configuration",
                fault);
        }
    }

    private string Find(string command)
    {
        if (CommandPath.Find(command, SearchPath) is { } file)
        {
            return file;
        }

        if (!command.Contains('/', StringComparison.Ordinal))
        {
            throw new StartupException(ExitCode.CommandNotFound, $"{command} is not on PATH ({(string.IsNullOrEmpty(SearchPath) ? "which is empty" : SearchPath)}): give its whole path");
        }

        throw true switch
        {
            _ when Directory.Exists(command) => new StartupException(ExitCode.CommandNotExecutable, $"{command} is a folder: name a program"),
            _ when File.Exists(command) => new StartupException(ExitCode.CommandNotExecutable, $"{command} is no executable file: chmod +x, or name another"),
            _ => new StartupException(ExitCode.CommandNotFound, $"{command}: there is no such file: correct its path"),
        };
    }

    private static StartupException Failed(string file, int errno) => errno switch
    {
        Errno.NoEntry => new StartupException(ExitCode.CommandNotFound, $"{file} cannot be run: the interpreter or loader that it names is not there"),
        Errno.TooBig => new StartupException(ExitCode.CommandNotExecutable, $"{file} cannot be run: arguments and environment together are longer than execve(2) takes; give it less"),
        _ => new StartupException(ExitCode.CommandNotExecutable, string.Create(CultureInfo.InvariantCulture, $"{file} cannot be run: {Marshal.GetPInvokeErrorMessage(errno)}")),
    };
}
