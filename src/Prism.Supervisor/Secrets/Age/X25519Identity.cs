using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace Prism.Supervisor.Secrets.Age;

/// <summary>An AGE-SECRET-KEY-1… key (age-encryption.org/v1, "The X25519 recipient type").</summary>
internal sealed class X25519Identity : Identity
{
    private readonly byte[] secret;
    private readonly byte[] share = new byte[X25519.PointSize];

    private X25519Identity(byte[] secret)
    {
        this.secret = secret;
        WritePublicKey(secret, share);
        Recipient = Bech32.Encode("age"u8, share);
    }

    public override string Recipient { get; }

    public override bool IsNative => true;

    /// <summary>The identity, or null if the text is not exactly one key.</summary>
    public static X25519Identity? TryParse(ReadOnlySpan<byte> text) =>
        Bech32.Decode(text, "AGE-SECRET-KEY-"u8) is { Length: X25519.ScalarSize } secret ? new X25519Identity(secret) : null;

    /// <summary>The identity of a secret scalar, which is copied.</summary>
    public static X25519Identity Of(ReadOnlySpan<byte> scalar) => new(scalar.ToArray());

    /// <summary>The point of a scalar, by the ladder: ScalarMultBase would first compute a table that one key does not repay.</summary>
    public static void WritePublicKey(byte[] scalar, byte[] point) => X25519.ScalarMult(scalar, 0, [9, .. new byte[X25519.PointSize - 1]], 0, point, 0);

    public override byte[]? Unwrap(Stanza stanza)
    {
        if (stanza.Type != "X25519")
        {
            return null;
        }

        var theirs = stanza.Arguments.Count == 1 ? StrictBase64.Decode(Encoding.ASCII.GetBytes(stanza.Arguments[0]), padded: false) : null;
        if (theirs is not { Length: X25519.PointSize } || stanza.Body.Length != FileKeyLength + Primitives.TagLength)
        {
            throw new FormatException("an X25519 recipient of its age header is malformed");
        }

        var shared = new byte[X25519.PointSize];
        // A low order point gives zero whatever our key is: everybody could have made that file key (RFC 7748, section 6.1).
        if (!X25519.CalculateAgreement(secret, 0, theirs, 0, shared, 0))
        {
            throw new FormatException("an X25519 recipient of its age header is a low order point");
        }

        var fileKey = Unseal(shared, [.. theirs, .. share], "age-encryption.org/v1/X25519"u8, stanza.Body);
        CryptographicOperations.ZeroMemory(shared);
        return fileKey;
    }

    public override void Dispose() => CryptographicOperations.ZeroMemory(secret);
}
