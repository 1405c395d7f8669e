using System.Globalization;

namespace Prism.Supervisor.Secrets.Sops;

/// <summary>A recipient of the data key: its name, which is only a label, and the age file that holds the key.</summary>
internal sealed record AgeRecipient(string Label, string? Encrypted);

/// <summary>A recipient that is no age key: PGP, AWS KMS and the like.</summary>
/// <param name="Group">From 1.</param>
internal sealed record OtherRecipient(string Kind, int Group);

/// <summary>What a sops file says about itself (stores/stores.go: metadata.ToInternal). Nothing of it is secret, and only LastModified is authenticated.</summary>
internal sealed record SopsMetadata(
    string Version,
    string LastModified,
    string? Mac,
    bool MacOnlyEncrypted,
    EncryptionRule Rule,
    IReadOnlyList<IReadOnlyList<AgeRecipient>> Groups,
    int Threshold,
    IReadOnlyList<OtherRecipient> Others)
{
    private static readonly Dictionary<string, string> KindNames = new(StringComparer.Ordinal)
    {
        ["pgp"] = "PGP",
        ["kms"] = "AWS KMS",
        ["gcp_kms"] = "Google Cloud KMS",
        ["azure_kv"] = "Azure Key Vault",
        ["hc_vault"] = "HashiCorp Vault",
        ["hckms"] = "Huawei Cloud KMS",
    };

    public static SopsMetadata Read(MetadataTree tree, string where)
    {
        if (Timestamp.Normalize(tree.Member("lastmodified")?.Text) is not { } lastModified)
        {
            throw Refusal.Because($"{where}: sops_lastmodified is missing or no date; the file is cut short, was converted to CRLF, or edited by hand: restore it from its history");
        }

        var version = tree.Member("version")?.Text;
        if (version is null || !IsSemantic(version))
        {
            throw Refusal.Because($"{where}: sops_version is missing or no version; the file is cut short or edited by hand: restore it from its history");
        }

        var groups = ReadGroups(tree);
        return new SopsMetadata(
            version,
            lastModified,
            tree.Member("mac")?.Text,
            ReadFlag(tree.Member("mac_only_encrypted")?.Text, where),
            EncryptionRule.Read(tree, where),
            [.. groups.Select(AgeRecipients)],
            ReadThreshold(tree.Member("shamir_threshold")?.Text, groups.Count, where),
            [.. groups.SelectMany((group, number) => group.MemberNames.Where(KindNames.ContainsKey).Select(kind => new OtherRecipient(KindNames[kind], number + 1)))]);
    }

    /// <summary>One group stands flat in the metadata; from two on they stand in a list, each with its own kinds of keys.</summary>
    private static List<MetadataTree> ReadGroups(MetadataTree tree) =>
        tree.Member("key_groups") is { } groups ? [.. groups.Items] : [tree];

    private static List<AgeRecipient> AgeRecipients(MetadataTree group) =>
        [.. group.Member("age")?.Items.Select(r => new AgeRecipient(r.Member("recipient")?.Text ?? "", r.Member("enc")?.Text)) ?? []];

    /// <summary>strconv.ParseBool's words.</summary>
    private static bool ReadFlag(string? text, string where) => text switch
    {
        "1" or "t" or "T" or "TRUE" or "true" or "True" => true,
        null or "" or "0" or "f" or "F" or "FALSE" or "false" or "False" => false,
        _ => throw Refusal.Because($"{where}: sops_mac_only_encrypted is neither true nor false"),
    };

    /// <summary>Without a number every group is needed, as sops means it when it writes the file.</summary>
    private static int ReadThreshold(string? text, int groups, string where) => text switch
    {
        _ when groups <= 1 => 1,
        null or "" or "0" => groups,
        _ when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var threshold) && threshold >= 2 && threshold <= groups => threshold,
        _ => throw Refusal.Because($"{where}: sops_shamir_threshold is not a number between 2 and the number of key groups"),
    };

    private static bool IsSemantic(string version)
    {
        var tail = version.AsSpan().IndexOfAny('-', '+');
        var numbers = (tail < 0 ? version : version[..tail]).Split('.');
        return version.Length <= 64
            && numbers.Length == 3
            && numbers.All(n => n.Length is > 0 and <= 9 && n.All(char.IsAsciiDigit))
            && version.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '+');
    }
}
