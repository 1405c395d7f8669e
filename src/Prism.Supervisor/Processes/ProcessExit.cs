using System.Globalization;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Processes;

/// <summary>How a process ended, in words: by its own code, or killed by a signal.</summary>
internal readonly record struct ProcessExit(int? Code, int? Signal)
{
    // signal(7), the numbers of x86-64 and arm64.
    private static readonly string[] Names =
        ["0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM"];

    public bool Succeeded => Code == 0;

    public static ProcessExit From(EndedChild ended) =>
        ended.HasExited ? new ProcessExit(ended.Status, null) : new ProcessExit(null, ended.Status);

    public override string ToString() => (Code, Signal) switch
    {
        ({ } code, _) => string.Create(CultureInfo.InvariantCulture, $"exited with code {code}"),
        (_, { } signal) when signal < Names.Length => $"killed by {Names[signal]}",
        (_, { } signal) => string.Create(CultureInfo.InvariantCulture, $"killed by signal {signal}"),
        _ => "ended",
    };
}
