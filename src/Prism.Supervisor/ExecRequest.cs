namespace Prism.Supervisor;

/// <summary>What exec was asked for on its command line; null: not said.</summary>
/// <param name="Pass">Names (a trailing * stands for any ending) to take over from the caller.</param>
/// <param name="Command">The command, program first; never empty.</param>
internal sealed record ExecRequest(
    string? Unit, string? Config, string? Secrets, string? Dialect, string? Unauthenticated, IReadOnlyList<string> Pass, string? User, IReadOnlyList<string> Command)
{
    /// <summary>A file and nothing else: the command gets what the file holds, and no site is needed.</summary>
    public bool IsStandAlone => Secrets is not null && Unit is null && Config is null;
}
