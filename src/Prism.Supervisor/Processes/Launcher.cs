using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Processes;

/// <summary>
/// The child's first moments: our own binary, started again, ties itself to its parent, drops every descriptor but its
/// own, says whose sockets they are, restores what the .NET runtime changed about signals, and becomes the program (execve(2); the pid stays).
/// </summary>
internal static class Launcher
{
    /// <summary>The word that tells Main it is a launcher; not for people.</summary>
    public const string Verb = "--launch";

    private const int CannotExecute = 126;

    /// <summary>The launcher's command line: who the parent is, how to be, what to become.</summary>
    public static List<string> Arguments(string self, ProcessSpec spec, int parent, int mask)
    {
        var status = ProcessSpec.FirstDescriptor + spec.Descriptors.Count;
        return
        [
            self, Verb, Number(parent), Number(mask), Number(status), spec.WorkingDirectory, spec.File, .. spec.Arguments,
        ];
    }

    /// <summary>Runs in the child; returns only when the program could not be started, after telling why through the status descriptor.</summary>
    public static int Run(ReadOnlySpan<string> arguments)
    {
        if (arguments.Length < 6 || !TryNumber(arguments[1], out var parent) || !TryNumber(arguments[2], out var mask) || !TryNumber(arguments[3], out var status))
        {
            return (int)ExitCode.Usage;
        }

        ProcessCalls.NoCores();

        // Everything above the program's own descriptors goes, this runtime's and the status pipe included.
        Descriptors.SetCloseOnExecFrom(status);
        ProcessCalls.DieWithParent(Signals.Kill);
        if (ProcessCalls.ParentPid != parent)
        {
            // The parent died before the tie was made, and no signal will come.
            return (int)ExitCode.TryAgain;
        }

        ProcessCalls.SetUmask(mask);
        try
        {
            Environment.CurrentDirectory = arguments[4];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return Report(status, $"its working directory {arguments[4]} cannot be entered");
        }

        if (OwnProcess.Environment().ContainsKey(ProcessEnvironment.SocketCount))
        {
            // Only now there is a pid to name; who is not that pid takes no sockets (sd_listen_fds(3)).
            ProcessCalls.SetVariable(ProcessEnvironment.SocketOwner, Number(Environment.ProcessId));
        }

        ProcessCalls.ResetSignals(keepsIgnored: false);
        var file = arguments[5];
        var errno = ProcessCalls.Execute(file, [file, .. arguments[6..]]);
        return Report(status, Marshal.GetPInvokeErrorMessage(errno));
    }

    private static int Report(int status, string reason)
    {
        Descriptors.Write(status, Encoding.UTF8.GetBytes(reason));
        return CannotExecute;
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static bool TryNumber(string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
