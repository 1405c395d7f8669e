using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Prism.Supervisor.Secrets.Sops;

/// <summary>The data key of a file, and which of our keys opened it. Wiped when disposed.</summary>
internal sealed class DataKey : IDisposable
{
    private const int MostInLine = 8;

    private DataKey(byte[] bytes, IReadOnlyList<string> openers) => (Bytes, Openers) = (bytes, openers);

    public byte[] Bytes { get; }

    /// <summary>The places whose keys were used.</summary>
    public IReadOnlyList<string> Openers { get; }

    /// <exception cref="StartupException">No key here opens the file.</exception>
    public static DataKey Find(SopsMetadata metadata, Keyring keyring, string where, List<RecipientFinding>? findings = null) =>
        TryFind(metadata, keyring, where, findings, out var obstacle) ?? throw obstacle!.Refusal;

    /// <summary>
    /// Each recipient's age file is tried with each key; the first that opens decides, and a broken one stops nobody (sops.go: GetDataKeyWithKeyServices).
    /// Whatever comes of it, every recipient is added to the findings. Without a key there is an obstacle.
    /// </summary>
    public static DataKey? TryFind(SopsMetadata metadata, Keyring keyring, string where, List<RecipientFinding>? findings, out Obstacle? obstacle)
    {
        var groups = metadata.Groups.Select((group, number) => group.Select(r => new SealedPart(r, number + 1)).ToList()).ToList();
        var parts = groups.Select(group => group.Select(part => part.Open(keyring.Keys)).FirstOrDefault(bytes => bytes is not null)).OfType<byte[]>().ToList();
        var all = groups.SelectMany(group => group).ToList();
        findings?.AddRange(all.Select(part => part.Finding()));
        findings?.AddRange(metadata.Others.Select(other => new RecipientFinding(other.Kind, other.Group, OpenedBy: null, "is not supported here")));

        var key = parts.Count < metadata.Threshold ? null : groups.Count == 1 ? parts[0].ToArray() : Shamir.Combine(parts);
        obstacle = key is not null ? null
            : parts.Count < metadata.Threshold ? Explain(metadata, all, keyring, parts.Count, where)
            : new Obstacle(Refusal.Because($"{where}: the parts of its data key do not fit together; encrypt the file anew"), NeedsExternalSops: false);
        parts.ForEach(part => CryptographicOperations.ZeroMemory(part));
        return key is null ? null : new DataKey(key, [.. all.Select(part => part.OpenedBy).OfType<string>().Distinct(StringComparer.Ordinal)]);
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(Bytes);

    private static Obstacle Explain(SopsMetadata metadata, List<SealedPart> parts, Keyring keyring, int found, string where)
    {
        var others = parts.Select(p => p.OtherKind).OfType<string>().Concat(metadata.Others.Select(o => o.Kind)).Distinct(StringComparer.Ordinal).ToList();
        var recipients = string.Join(", ", parts.Select(p => p.ShortName).Concat(metadata.Others.Select(o => o.Kind)).Distinct(StringComparer.Ordinal).Take(MostInLine));
        if (recipients.Length == 0)
        {
            return new Obstacle(Refusal.Because($"{where}: names no key at all in its sops metadata; restore it from its history"), NeedsExternalSops: false);
        }

        if (parts.TrueForAll(p => p.OtherKind is not null))
        {
            return new Obstacle(
                Refusal.Because($"{where}: is encrypted for {recipients} only, which is not supported; add an age recipient (age-keygen) to .sops.yaml and run sops updatekeys, or set secrets.sopsCommand to a sops that holds the key"),
                NeedsExternalSops: true);
        }

        var needsExternal = others.Count > 0 || keyring.NeedsExternalSops;
        var otherwise = needsExternal ? "; or set secrets.sopsCommand to a sops that holds another of its keys" : "";
        return new Obstacle(
            keyring.WhyEmpty(where, recipients, otherwise) ?? Refusal.Because(WrongKeys(metadata, parts, keyring, found, where, recipients) + otherwise),
            needsExternal);
    }

    private static string WrongKeys(SopsMetadata metadata, List<SealedPart> parts, Keyring keyring, int found, string where, string recipients)
    {
        var keys = string.Join(", ", keyring.Keys.Select(k => $"{RecipientName.Short(k.Identity.Recipient)} of {k.Source}").Take(MostInLine));
        var text = new StringBuilder(where).Append(": ");
        _ = metadata.Groups.Count == 1
            ? text.Append("no age key here opens it")
            : text.Append(CultureInfo.InvariantCulture, $"the age keys here open {found} of the {metadata.Threshold} key groups it takes");
        text.Append($"; it is for {recipients}; the keys here are {keys}");
        var faults = parts.Where(p => p.Fault is not null).Select(p => $"{p.ShortName}: {p.Fault}").Concat(keyring.Faults).Concat(keyring.DefaultFaults);
        foreach (var fault in faults.Distinct(StringComparer.Ordinal).Take(MostInLine))
        {
            text.Append("; ").Append(fault);
        }

        return text.Append("; give the right key, or add one of these as a recipient and run sops updatekeys").ToString();
    }
}
