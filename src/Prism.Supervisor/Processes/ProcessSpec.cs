using System.Runtime.InteropServices;

namespace Prism.Supervisor.Processes;

/// <summary>Everything a child is started with; nothing else reaches it but the mark of its launch. Its descriptors are 0 (empty), 1 and 2 (its output), then 3 and up in the order given. Its name is what people call it, and its identifier in the journal.</summary>
internal sealed record ProcessSpec(
    string Name,
    string File,
    IReadOnlyList<string> Arguments,
    ProcessEnvironment Environment,
    string WorkingDirectory,
    IReadOnlyList<SafeHandle> Descriptors)
{
    /// <summary>The number that the first of <see cref="Descriptors"/> has in the child.</summary>
    public const int FirstDescriptor = 3;

    /// <summary>Its standard output, when that is nobody's to read as lines; only standard error is then among <see cref="ChildProcess.Output"/>.</summary>
    public SafeHandle? Output { get; init; }

    /// <summary>Hears its output besides, lines whose end is not written yet included (<see cref="OutputReader.Start"/>).</summary>
    public Action<string, bool>? Heard { get; init; }
}
