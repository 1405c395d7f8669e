using System.Security.Cryptography;

namespace Prism.Supervisor.Secrets.Age;

/// <summary>Something that can open age files: a private key. Wiped when disposed; prints its public half only.</summary>
internal abstract class Identity : IDisposable
{
    protected const int FileKeyLength = 16;

    /// <summary>The public half, as a sops file names its recipients.</summary>
    public abstract string Recipient { get; }

    /// <summary>Whether it is age's own kind of key; those are tried before ssh keys (age.go: decryptHdr).</summary>
    public abstract bool IsNative { get; }

    /// <summary>The file key, or null if the stanza is somebody else's.</summary>
    /// <exception cref="FormatException">The stanza is of this identity's kind and malformed: the whole file is refused.</exception>
    public abstract byte[]? Unwrap(Stanza stanza);

    public abstract void Dispose();

    public sealed override string ToString() => Recipient;

    /// <summary>The file key in a stanza for a point of the curve, or null if it does not open. The wrapping key is used once, and so its nonce is zero.</summary>
    protected static byte[]? Unseal(byte[] shared, byte[] points, ReadOnlySpan<byte> label, byte[] body)
    {
        var wrap = Primitives.Hkdf(shared, points, label);
        var fileKey = Primitives.Open(wrap, new byte[Primitives.NonceLength], body);
        CryptographicOperations.ZeroMemory(wrap);
        return fileKey;
    }
}
