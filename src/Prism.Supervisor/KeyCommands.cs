using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor;

/// <summary>Runs the commands that give keys, and an external sops, for who does nothing else: the thread that starts children is made only when one is needed.</summary>
internal sealed class KeyCommands : ICommandRunner
{
    public byte[] Run(string what, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, byte[]? key) =>
        new CommandRunner(new OsProcessLauncher("/proc/self/exe", adoptOrphans: false), TimeProvider.System, CancellationToken.None).Run(what, command, environment, key);
}
