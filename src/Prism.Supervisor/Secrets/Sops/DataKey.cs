using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Prism.Supervisor.Secrets.Age;

namespace Prism.Supervisor.Secrets.Sops;

/// <summary>The data key of a file, and which of our keys opened it. Wiped when disposed.</summary>
internal sealed class DataKey : IDisposable
{
    private DataKey(byte[] bytes, IReadOnlyList<string> openers) => (Bytes, Openers) = (bytes, openers);

    public byte[] Bytes { get; }

    /// <summary>The places whose keys were used.</summary>
    public IReadOnlyList<string> Openers { get; }

    /// <summary>Each recipient's age file is tried with each key; the first that opens decides, and a broken one stops nobody (sops.go: GetDataKeyWithKeyServices).</summary>
    public static DataKey Find(SopsMetadata metadata, Keyring keyring, string where)
    {
        if (metadata.Groups.All(g => g.Count == 0))
        {
            throw Refusal.Because(metadata.OtherKinds.Count == 0
                ? $"{where}: names no key at all in its sops metadata; restore it from its history"
                : $"{where}: is encrypted for {string.Join(" and ", metadata.OtherKinds)} only, which is not supported; add an age recipient to .sops.yaml and run sops updatekeys");
        }

        RefuseOtherKinds(metadata, where);
        keyring.RequireKeys(where, Recipients(metadata));
        var faults = new List<string>();
        var parts = new List<(byte[] Bytes, string Opener)>();
        foreach (var group in metadata.Groups)
        {
            if (OpenGroup(group, keyring, faults) is { } part)
            {
                parts.Add(part);
            }
        }

        if (parts.Count < metadata.Threshold)
        {
            throw Refusal.Because(Explain(metadata, keyring, faults, parts.Count, where));
        }

        var openers = parts.Select(p => p.Opener).Distinct(StringComparer.Ordinal).ToList();
        if (metadata.Groups.Count == 1)
        {
            return new DataKey(parts[0].Bytes, openers);
        }

        var key = Shamir.Combine([.. parts.Select(p => p.Bytes)]);
        parts.ForEach(p => CryptographicOperations.ZeroMemory(p.Bytes));
        return new DataKey(key ?? throw Refusal.Because($"{where}: the parts of its data key do not fit together; encrypt the file anew"), openers);
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(Bytes);

    private static (byte[] Bytes, string Opener)? OpenGroup(IReadOnlyList<AgeRecipient> group, Keyring keyring, List<string> faults)
    {
        foreach (var recipient in group)
        {
            try
            {
                var file = AgeFile.ParseArmored(Encoding.UTF8.GetBytes(recipient.Encrypted ?? ""));
                foreach (var key in keyring.Keys)
                {
                    if (file.Open(key.Identity) is { } bytes)
                    {
                        return (bytes, key.Source);
                    }
                }
            }
            catch (FormatException fault)
            {
                faults.Add($"{Describe(recipient.Label)}: {fault.Message}");
            }
        }

        return null;
    }

    /// <summary>The labels are not to be trusted with opening anything, but a file whose every label names another kind needs another recipient, not another key.</summary>
    private static void RefuseOtherKinds(SopsMetadata metadata, string where)
    {
        if (metadata.Groups.SelectMany(g => g).All(r => OtherKind(r.Label) is not null))
        {
            throw Refusal.Because($"{where}: is encrypted for {Recipients(metadata)} only; add an age recipient (age-keygen) to .sops.yaml and run sops updatekeys");
        }
    }

    private static string Recipients(SopsMetadata metadata) => string.Join(
        ", ", metadata.Groups.SelectMany(g => g).Select(r => Describe(r.Label)).Concat(metadata.OtherKinds).Distinct(StringComparer.Ordinal).Take(8));

    private static string Explain(SopsMetadata metadata, Keyring keyring, List<string> faults, int found, string where)
    {
        var keys = string.Join(", ", keyring.Keys.Select(k => $"{k.Identity.Recipient} of {k.Source}").Distinct(StringComparer.Ordinal).Take(8));
        var text = new StringBuilder(where).Append(": ");
        _ = metadata.Groups.Count == 1
            ? text.Append("no age key here opens it")
            : text.Append(CultureInfo.InvariantCulture, $"the age keys here open {found} of the {metadata.Threshold} key groups it takes");
        text.Append($"; it is for {Recipients(metadata)}; the keys here are {keys}");
        foreach (var fault in faults.Concat(keyring.Faults).Distinct(StringComparer.Ordinal).Take(8))
        {
            text.Append("; ").Append(fault);
        }

        return text.Append("; give the right key, or add one of these as a recipient and run sops updatekeys").ToString();
    }

    /// <summary>A label is public, but anybody's text: a well-formed recipient is told whole, of any other only its kind.</summary>
    private static string Describe(string label) =>
        Bech32.Decode(Encoding.UTF8.GetBytes(label), "age"u8) is { Length: 32 } ? label
            : OtherKind(label) ?? "a recipient without a proper name";

    /// <summary>age1NAME1… is the key of the plugin age-plugin-NAME.</summary>
    private static string? OtherKind(string label) => label switch
    {
        _ when label.StartsWith("ssh-ed25519 ", StringComparison.Ordinal) => "an ssh-ed25519 key (not supported)",
        _ when label.StartsWith("ssh-rsa ", StringComparison.Ordinal) => "an ssh-rsa key (not supported)",
        _ when label.StartsWith("age1pq1", StringComparison.Ordinal) => "a post-quantum age key (not supported)",
        _ when label.StartsWith("age1", StringComparison.Ordinal) && label.LastIndexOf('1') > "age1".Length => "an age plugin's key (not supported)",
        _ => null,
    };
}
