using System.Numerics;
using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Digests;

namespace Prism.Supervisor.Secrets.Age;

/// <summary>
/// An RSA private key and RSAES-OAEP with SHA-256 (RFC 8017). BouncyCastle's would draw random numbers, first to test the modulus and then
/// although it only decrypts, and random numbers come from libssl. Its numbers are immutable and cannot be wiped.
/// </summary>
internal sealed class RsaKey
{
    private const int FewestBits = 2048;
    private const int MostBits = 16384;
    private const int HashLength = 32;

    private readonly BigInteger p;
    private readonly BigInteger q;
    private readonly BigInteger dp;
    private readonly BigInteger dq;
    private readonly BigInteger inverse;
    private readonly int length;

    private RsaKey(BigInteger n, BigInteger e, BigInteger d, BigInteger p, BigInteger q, BigInteger inverse)
    {
        (this.p, this.q, this.inverse) = (p, q, inverse);
        (dp, dq) = (d % (p - 1), d % (q - 1));
        length = n.GetByteCount(isUnsigned: true);
        PublicKey = SshPublicKey.Of(SshPublicKey.RsaType, e.ToByteArray(isBigEndian: true), n.ToByteArray(isBigEndian: true));
    }

    public SshPublicKey PublicKey { get; }

    /// <summary>The key of these big-endian numbers; <paramref name="qInverse"/> is 1/q modulo p.</summary>
    /// <exception cref="FormatException">They are too small or too big to use, or do not belong together.</exception>
    public static RsaKey Of(ReadOnlySpan<byte> modulus, ReadOnlySpan<byte> exponent, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> prime1, ReadOnlySpan<byte> prime2, ReadOnlySpan<byte> qInverse)
    {
        var bits = Number(modulus).GetBitLength();
        if (bits is < FewestBits or > MostBits)
        {
            throw new FormatException(FormattableString.Invariant($"is an RSA key of {bits} bits; age takes {FewestBits} to {MostBits}: use another key and run sops updatekeys"));
        }

        var (n, e, d, p, q, inverse) = (Number(modulus), Number(exponent), Number(secret), Number(prime1), Number(prime2), Number(qInverse));
        var fits = e > 1 && e <= int.MaxValue && !e.IsEven
            && d > 1 && d < n && p > 1 && q > 1 && p != q && p * q == n
            && (e * d % (p - 1)).IsOne && (e * d % (q - 1)).IsOne
            && inverse < p && (inverse * q % p).IsOne;
        return fits ? new RsaKey(n, e, d, p, q, inverse) : throw new FormatException("is damaged: the numbers of its RSA key do not belong together");
    }

    /// <summary>Whether these are the remainders of the secret exponent, which PKCS#1 writes down beside it.</summary>
    public bool HasRemainders(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) => Number(first) == dp && Number(second) == dq;

    /// <summary>The message, or null if the box was not made for this key and label.</summary>
    public byte[]? Open(ReadOnlySpan<byte> box, ReadOnlySpan<byte> label)
    {
        if (box.Length != length || Raw(Number(box)) is not { } block)
        {
            return null;
        }

        // RFC 8017, section 7.1.2: 0 || masked seed || masked (hash of the label || zeros || 1 || message); every fault looks the same.
        var seed = block.AsSpan(1, HashLength);
        var data = block.AsSpan(1 + HashLength);
        Mask(seed, data);
        Mask(data, seed);
        var start = data[HashLength..].IndexOfAnyExcept((byte)0);
        var valid = block[0] == 0 & CryptographicOperations.FixedTimeEquals(data[..HashLength], Sha256(label, [])) & start >= 0 && data[HashLength + start] == 1;
        var message = valid ? data[(HashLength + start + 1)..].ToArray() : null;
        CryptographicOperations.ZeroMemory(block);
        return message;
    }

    private byte[]? Raw(BigInteger box)
    {
        if (box >= p * q)
        {
            return null;
        }

        var (m1, m2) = (BigInteger.ModPow(box, dp, p), BigInteger.ModPow(box, dq, q));
        var h = (m1 - m2) * inverse % p;
        var clear = m2 + ((h.Sign < 0 ? h + p : h) * q);
        var block = new byte[length];
        _ = clear.TryWriteBytes(block.AsSpan(length - clear.GetByteCount(isUnsigned: true)), out _, isUnsigned: true, isBigEndian: true);
        return block;
    }

    /// <summary>MGF1 (RFC 8017, appendix B.2.1), xored onto the target.</summary>
    private static void Mask(Span<byte> target, ReadOnlySpan<byte> seed)
    {
        for (var (counter, at) = (0, 0); at < target.Length; counter++)
        {
            foreach (var mask in Sha256(seed, [0, 0, (byte)(counter >> 8), (byte)counter]))
            {
                if (at < target.Length)
                {
                    target[at++] ^= mask;
                }
            }
        }
    }

    private static byte[] Sha256(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var (digest, sum) = (new Sha256Digest(), new byte[HashLength]);
        digest.BlockUpdate(first);
        digest.BlockUpdate(second);
        digest.DoFinal(sum, 0);
        return sum;
    }

    /// <summary>A number too long for any key that is taken is no number: arithmetic on it would only cost time.</summary>
    private static BigInteger Number(ReadOnlySpan<byte> bytes) =>
        bytes.TrimStart((byte)0).Length <= 2 * MostBits / 8 ? new BigInteger(bytes, isUnsigned: true, isBigEndian: true)
            : throw new FormatException("is an RSA key with absurdly long numbers");
}
