using System.Text;
using Prism.Supervisor.Secrets.Age;

namespace Prism.Supervisor.Secrets.Sops;

/// <summary>How a recipient is called. A label is public, but anybody's text: a well-formed recipient is told, of any other only its kind.</summary>
internal static class RecipientName
{
    private const string Unknown = "a recipient without a proper name";

    /// <summary>The whole public key, an ssh key without its comment.</summary>
    public static string Whole(string label) => IsNative(label) ? label : SshPublicKey.TryParse(label)?.Line ?? OtherKind(label) ?? Unknown;

    /// <summary>The same, but of an RSA key only its fingerprint.</summary>
    public static string Short(string label) => SshPublicKey.TryParse(label) is { Type: SshPublicKey.RsaType } key ? key.Fingerprint : Whole(label);

    /// <summary>The kind of a key that cannot be used here; null: it can. age1NAME1… is the key of the plugin age-plugin-NAME.</summary>
    public static string? OtherKind(string label) => label switch
    {
        _ when label.StartsWith("age1pq1", StringComparison.Ordinal) => "a post-quantum age key",
        _ when label.StartsWith("age1", StringComparison.Ordinal) && label.LastIndexOf('1') > "age1".Length => "an age plugin's key",
        _ => null,
    };

    /// <summary>What the age file itself says counts more than its label, which opens nothing.</summary>
    public static string? OtherKind(string label, IEnumerable<string> types)
    {
        var all = types.ToList();
        return all.Exists(t => t is "X25519" or SshPublicKey.Ed25519Type or SshPublicKey.RsaType) ? null
            : all.Contains("scrypt") ? "a passphrase"
            : all.Contains("mlkem768x25519") ? "a post-quantum age key"
            : OtherKind(label) ?? "an age plugin's key";
    }

    private static bool IsNative(string label) => Bech32.Decode(Encoding.UTF8.GetBytes(label), "age"u8) is { Length: 32 };
}
