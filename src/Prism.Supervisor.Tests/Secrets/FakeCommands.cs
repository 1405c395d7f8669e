using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Tests.Secrets;

/// <summary>Knows two programs, cat (of a file in its folder) and false, and what it was asked for.</summary>
internal sealed class FakeCommands(string folder) : ICommandRunner
{
    public List<(IReadOnlyList<string> Command, IReadOnlyDictionary<string, string> Environment)> Asked { get; } = [];

    public byte[] Run(string what, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, byte[]? key)
    {
        Asked.Add((command, environment));
        return command is ["cat", var file] ? File.ReadAllBytes(Path.Combine(folder, file)) : throw new StartupException(ExitCode.SecretsRefused, $"{what} exited with status 1");
    }
}
