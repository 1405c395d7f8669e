namespace Prism.Supervisor.Secrets;

/// <summary>What the operator should know of the keys: who else can read them, what else they open, and which place gave none.</summary>
internal static class KeyWarnings
{
    /// <param name="openers">Null: none of them opened the file, nor had to.</param>
    public static IEnumerable<string> Of(Keyring keyring, IReadOnlyList<string>? openers) => keyring.Exposed
        .Select(source => $"the age key of {source} is readable by every process of this user; OpenFile= keeps it from Django")
        .Concat(keyring.Files.Doubts(openers ?? []))
        .Concat(SharedKey.Warnings(keyring, openers ?? []))
        .Concat(openers is null ? [] : keyring.Faults.Select(fault => $"no age key from one place: {fault}"));
}
