using System.Threading.Channels;

namespace Prism.Supervisor.Processes;

/// <summary>A started child: its pid, its output line by line, its end. Its process group has its pid as number.</summary>
internal sealed class ChildProcess(string name, int pid, string mark, Func<int, bool> signal, Task<ProcessExit> exited, ChannelReader<string> output)
{
    public string Name => name;

    public int Pid => pid;

    /// <summary>Of its launch alone (<see cref="LaunchMark"/>); what came of it has it in its environment.</summary>
    public string Mark => mark;

    /// <summary>Completes when the process has ended and was reaped; its own children may live on.</summary>
    public Task<ProcessExit> Exited => exited;

    /// <summary>Lines of both its streams; completes when every holder of them is gone. Must be read, else the child waits.</summary>
    public ChannelReader<string> Output => output;

    /// <summary>Signals exactly this process, never a later one of the same number; false when it is gone.</summary>
    public bool Signal(int number) => signal(number);
}
