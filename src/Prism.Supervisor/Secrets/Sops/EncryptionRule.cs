namespace Prism.Supervisor.Secrets.Sops;

/// <summary>Which entries of a file ought to be encrypted (sops.go: shouldBeEncrypted), as far as that can be told without Go's regular expressions.</summary>
internal sealed class EncryptionRule
{
    private static readonly string[] Fields =
    [
        "unencrypted_suffix", "encrypted_suffix", "unencrypted_regex", "encrypted_regex", "unencrypted_comment_regex", "encrypted_comment_regex",
    ];

    private readonly string field;
    private readonly string text;

    private EncryptionRule(string field, string text) => (this.field, this.text) = (field, text);

    /// <summary>At most one rule may be given; without one, names that end in _unencrypted are clear.</summary>
    public static EncryptionRule Read(MetadataTree metadata, string where)
    {
        var given = Fields.Where(f => !string.IsNullOrEmpty(metadata.Member(f)?.Text)).ToList();
        return given.Count switch
        {
            0 => new EncryptionRule(Fields[0], "_unencrypted"),
            1 => new EncryptionRule(given[0], metadata.Member(given[0])!.Text!),
            _ => throw Refusal.Because($"{where}: its sops metadata holds {string.Join(" and ", given)}; sops allows one of them"),
        };
    }

    /// <summary>
    /// Null where a regular expression decides: it is RE2's, which .NET reads differently, so the value itself says whether it is
    /// encrypted. A lie gains nothing there: a value cannot be made to look encrypted without the data key, and one put in clear
    /// is not the one the MAC was taken over. With mac_only_encrypted clear values are outside the MAC under every rule; there
    /// what an entry is decides whether it counts, and DialectViews keeps clear ones from standing in for encrypted ones.
    /// </summary>
    public bool? WantsEncrypted(string name) => field switch
    {
        "unencrypted_suffix" => !name.EndsWith(text, StringComparison.Ordinal),
        "encrypted_suffix" => name.EndsWith(text, StringComparison.Ordinal),
        _ => null,
    };
}
