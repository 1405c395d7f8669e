using System.Buffers.Binary;
using System.Text;
using Org.BouncyCastle.Crypto.Digests;

namespace Prism.Supervisor.Secrets.Age;

/// <summary>The public half of an ssh key, as the wire carries it (RFC 4253, section 6.6; RFC 8709) and as a line of authorized_keys shows it, without its comment.</summary>
internal sealed class SshPublicKey
{
    public const string Ed25519Type = "ssh-ed25519";
    public const string RsaType = "ssh-rsa";

    private const int Ed25519Length = 32;

    private const int TagLength = 4;

    private SshPublicKey(string type, byte[] wire) => (Type, Wire, Digest) = (type, wire, Sha256(wire));

    public string Type { get; }

    public byte[] Wire { get; }

    public string Line => $"{Type} {Convert.ToBase64String(Wire)}";

    /// <summary>What ssh-keygen -l prints; for a line that would otherwise hold the 370 and more letters of an RSA key.</summary>
    public string Fingerprint => $"{Type} SHA256:{Unpadded(Digest)}";

    /// <summary>How an age stanza names its recipient (agessh.go: sshFingerprint).</summary>
    public string Tag => Unpadded(Digest.AsSpan(..TagLength));

    private byte[] Digest { get; }

    public static SshPublicKey Of(string type, params ReadOnlySpan<byte[]> fields)
    {
        var wire = new List<byte>();
        Append(wire, Encoding.ASCII.GetBytes(type));
        foreach (var field in fields)
        {
            Append(wire, field);
        }

        return new SshPublicKey(type, [.. wire]);
    }

    /// <summary>The key of "ssh-ed25519 AAAA… comment", or null if the line is none of the two types that age takes, or not just such a key: it is quoted whole.</summary>
    public static SshPublicKey? TryParse(string line)
    {
        var words = line.Split(' ', 3);
        if (words[0] is not (Ed25519Type or RsaType) || words.Length < 2 || StrictBase64.Decode(Encoding.UTF8.GetBytes(words[1]), padded: true) is not { } wire)
        {
            return null;
        }

        try
        {
            var reader = new SshReader(wire);
            var isWhole = reader.TakeString().SequenceEqual(Encoding.ASCII.GetBytes(words[0]))
                && (words[0] == RsaType ? !reader.TakeString().IsEmpty && !reader.TakeString().IsEmpty : reader.TakeString().Length == Ed25519Length)
                && reader.Rest.IsEmpty;
            return isWhole ? new SshPublicKey(words[0], wire) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static void Append(List<byte> wire, ReadOnlySpan<byte> field)
    {
        Span<byte> length = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(length, (uint)field.Length);
        wire.AddRange(length);
        wire.AddRange(field);
    }

    private static byte[] Sha256(byte[] bytes)
    {
        var (digest, sum) = (new Sha256Digest(), new byte[32]);
        digest.BlockUpdate(bytes);
        digest.DoFinal(sum, 0);
        return sum;
    }

    private static string Unpadded(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=');
}
