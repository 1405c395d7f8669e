namespace Prism.Supervisor.Tests.Host;

/// <summary>What a command inside the host left behind.</summary>
public sealed record ExecResult(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>The output without its last newline, of a command that must have succeeded.</summary>
    public string Text => Succeeded().Output.TrimEnd('\n');

    public ExecResult Succeeded() => ExitCode == 0
        ? this
        : throw new InvalidOperationException($"'{Command}' exited with {ExitCode}: {Error}{Output}");
}
