namespace Prism.Supervisor;

/// <summary>The one exception of our own: a reason to stop that the operator can read in one line (what, where, what to do) and the exit code of its kind. It ends the program in RunCommand; in service, the loop takes it for a crash of the server.</summary>
internal sealed class StartupException(ExitCode code, string message, Exception? cause = null) : Exception(message, cause)
{
    public ExitCode Code { get; } = code;
}
