namespace Prism.Supervisor.Processes;

/// <summary>The signals a supervisor sends (signal(7)).</summary>
internal static class Signals
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int ChildEnded = 17;
    public const int Continue = 18;
    public const int Stop = 19;
}
