using System.Globalization;
using System.Text;

namespace Prism.Supervisor.Processes;

/// <summary>
/// Tells what came of one launch from what came of any other: a variable of its own in the child's environment, which all
/// that it starts inherits, however it hides (proc_pid_environ(5)).
/// </summary>
internal static class LaunchMark
{
    /// <summary>Set last, so that no configuration can lend one child the mark of another.</summary>
    public const string Variable = "PRISM_LAUNCH";

    private static int launches;

    /// <summary>Our pid and the number of the launch: nobody else who is alive hands out the same.</summary>
    public static string Next() =>
        string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}.{Interlocked.Increment(ref launches)}");

    /// <summary>
    /// Whether a process began with the mark. False when that cannot be read or was overwritten (setproctitle), and between
    /// posix_spawn(3) and execve(2), when what is read is the environment of this process.
    /// </summary>
    public static bool IsCarriedBy(int pid, string mark)
    {
        ReadOnlySpan<byte> wanted = Encoding.ASCII.GetBytes($"{Variable}={mark}");
        try
        {
            ReadOnlySpan<byte> environment = File.ReadAllBytes($"/proc/{pid}/environ");
            foreach (var range in environment.Split((byte)0))
            {
                if (environment[range].SequenceEqual(wanted))
                {
                    return true;
                }
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile, or it is not for us to read.
        }

        return false;
    }
}
