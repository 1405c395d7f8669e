using Prism.Supervisor.Secrets.Sops;

namespace Prism.Supervisor.Secrets;

/// <summary>What the operator should know of a sops file that opened: who else can read its key, and what its MAC does not vouch for.</summary>
internal static class SopsWarnings
{
    public static List<string> Of(IReadOnlyList<SopsEntry> entries, SopsMetadata metadata, Keyring keyring, string where)
    {
        var warnings = keyring.Exposed
            .Select(source => $"the age key of {source} is readable by every process of this user; OpenFile= keeps it from Django")
            .Concat(keyring.Faults.Select(fault => $"no age key from one place: {fault}"))
            .ToList();

        Add(EntryKind.Empty, "empty, and so not authenticated (anybody who can write the file can add such a line)");
        Add(EntryKind.Clear, metadata.MacOnlyEncrypted ? "in clear and not authenticated (mac_only_encrypted)" : "in clear, their names not authenticated");
        Add(EntryKind.Typed, "of a type that is not authenticated (converted from YAML or JSON)");
        return warnings;

        void Add(EntryKind kind, string what)
        {
            if (entries.Where(e => e.Kind == kind).Select(e => e.Name!).ToList() is { Count: > 0 } names)
            {
                warnings.Add($"{where}: {what}: {Quoted.Names(names)}");
            }
        }
    }
}
