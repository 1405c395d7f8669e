using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Math.EC.Rfc7748;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Prism.Supervisor.Secrets.Age;

/// <summary>An ssh-ed25519 key (age's agessh.go: Ed25519Identity.Unwrap): a stanza with its fingerprint is its own, and then must open.</summary>
internal sealed class SshEd25519Identity : Identity
{
    public const int SeedLength = 32;

    private readonly byte[] scalar;
    private readonly byte[] share = new byte[X25519.PointSize];

    private SshEd25519Identity(byte[] scalar, byte[] point)
    {
        this.scalar = scalar;
        PublicKey = SshPublicKey.Of(SshPublicKey.Ed25519Type, point);
        X25519Identity.WritePublicKey(scalar, share);
    }

    public SshPublicKey PublicKey { get; }

    public override string Recipient => PublicKey.Line;

    public override bool IsNative => false;

    private static ReadOnlySpan<byte> Label => "age-encryption.org/v1/ssh-ed25519"u8;

    /// <summary>The key of a seed (RFC 8032), if the public half that was stored beside it is its own; null: none was.</summary>
    /// <exception cref="FormatException">The halves do not belong together.</exception>
    public static SshEd25519Identity Of(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> publicHalf)
    {
        var secret = seed.ToArray();
        var point = new byte[Ed25519.PublicKeySize];
        Ed25519.GeneratePublicKey(secret, 0, point, 0);
        var scalar = Scalar(secret);
        CryptographicOperations.ZeroMemory(secret);
        if (publicHalf.IsEmpty || publicHalf.SequenceEqual(point))
        {
            return new SshEd25519Identity(scalar, point);
        }

        CryptographicOperations.ZeroMemory(scalar);
        throw new FormatException("is damaged: its public half is not that of its private one");
    }

    /// <summary>The age key that ssh-to-age makes of this one (convert.go: SSHPrivateKeyToAge), and whose recipients .sops.yaml names for host keys.</summary>
    public X25519Identity Convert() => X25519Identity.Of(scalar);

    public override byte[]? Unwrap(Stanza stanza)
    {
        if (stanza.Type != SshPublicKey.Ed25519Type)
        {
            return null;
        }

        var theirs = stanza.Arguments.Count == 2 ? StrictBase64.Decode(Encoding.ASCII.GetBytes(stanza.Arguments[1]), padded: false) : null;
        if (theirs is not { Length: X25519.PointSize })
        {
            throw new FormatException("an ssh-ed25519 recipient of its age header is malformed");
        }

        if (stanza.Arguments[0] != PublicKey.Tag)
        {
            return null;
        }

        if (stanza.Body.Length != FileKeyLength + Primitives.TagLength)
        {
            throw new FormatException("an ssh-ed25519 recipient of its age header is malformed");
        }

        return Open(theirs, stanza.Body) ?? throw new FormatException("an ssh-ed25519 recipient of its age header is for this key and does not open");
    }

    public override void Dispose() => CryptographicOperations.ZeroMemory(scalar);

    private byte[]? Open(byte[] theirs, byte[] body)
    {
        var shared = new byte[X25519.PointSize];
        var tweaked = new byte[X25519.PointSize];
        if (!X25519.CalculateAgreement(scalar, 0, theirs, 0, shared, 0))
        {
            throw new FormatException("an ssh-ed25519 recipient of its age header is a low order point");
        }

        // The tweak ties the shared secret to the ssh key: the same point may also be somebody's X25519 recipient.
        var tweak = Primitives.Hkdf([], PublicKey.Wire, Label);
        X25519.ScalarMult(tweak, 0, shared, 0, tweaked, 0);
        var fileKey = Unseal(tweaked, [.. theirs, .. share], Label, body);
        CryptographicOperations.ZeroMemory(shared);
        CryptographicOperations.ZeroMemory(tweaked);
        return fileKey;
    }

    private static byte[] Scalar(byte[] seed)
    {
        var (digest, hash) = (new Sha512Digest(), new byte[64]);
        digest.BlockUpdate(seed);
        digest.DoFinal(hash, 0);
        var scalar = hash[..X25519.ScalarSize];
        CryptographicOperations.ZeroMemory(hash);
        return scalar;
    }
}
