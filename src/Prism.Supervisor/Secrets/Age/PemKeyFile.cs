namespace Prism.Supervisor.Secrets.Age;

/// <summary>The two older containers of private keys: PKCS#1 (RFC 8017, appendix A.1.2) and PKCS#8 (RFC 5958; Ed25519 as RFC 8410 says).</summary>
internal static class PemKeyFile
{
    private const byte Attributes = 0xa0;
    private const byte PublicKey = 0x81;

    private static ReadOnlySpan<byte> Rsa => [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

    private static ReadOnlySpan<byte> Ed25519 => [0x2b, 0x65, 0x70];

    private static ReadOnlySpan<byte> EllipticCurve => [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

    private static ReadOnlySpan<byte> Dsa => [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01];

    /// <exception cref="FormatException">It is unusable; the message says why, never its content.</exception>
    public static Identity ParseRsa(ReadOnlySpan<byte> bytes)
    {
        var file = new Der(bytes);
        var numbers = new Der(file.TakeLast(Der.Sequence));
        var version = numbers.TakeNumber();
        var modulus = numbers.TakeNumber();
        var exponent = numbers.TakeNumber();
        var secret = numbers.TakeNumber();
        var p = numbers.TakeNumber();
        var q = numbers.TakeNumber();
        var dp = numbers.TakeNumber();
        var dq = numbers.TakeNumber();
        var inverse = numbers.TakeNumber();
        if (version is not [0] || !numbers.IsEmpty)
        {
            throw new FormatException("is an RSA key with more than two primes, which is not supported");
        }

        var key = RsaKey.Of(modulus, exponent, secret, p, q, inverse);
        return key.HasRemainders(dp, dq) ? new SshRsaIdentity(key) : throw new FormatException("is damaged: the numbers of its RSA key do not belong together");
    }

    /// <exception cref="FormatException">It is unusable; the message says why, never its content.</exception>
    public static Identity ParsePkcs8(ReadOnlySpan<byte> bytes)
    {
        var file = new Der(bytes);
        var info = new Der(file.TakeLast(Der.Sequence));
        var version = info.TakeNumber();
        var algorithm = new Der(info.Take(Der.Sequence));
        var kind = algorithm.Take(Der.ObjectIdentifier);
        var key = info.Take(Der.OctetString);
        _ = info.Sees(Attributes) ? info.Take(Attributes) : [];
        var publicHalf = info.Sees(PublicKey) ? info.Take(PublicKey) : [];
        if (version is not ([0] or [1]) || !info.IsEmpty)
        {
            throw new FormatException("is damaged: something follows the key in it");
        }

        if (kind.SequenceEqual(Rsa))
        {
            return ParseRsa(key);
        }

        if (!kind.SequenceEqual(Ed25519))
        {
            throw new FormatException(SshKey.OtherKind(kind.SequenceEqual(EllipticCurve) ? "ecdsa" : kind.SequenceEqual(Dsa) ? "ssh-dss" : ""));
        }

        // The public half is a bit string: before it stands how many bits of its last byte are unused.
        var inner = new Der(key);
        var seed = inner.TakeLast(Der.OctetString);
        return seed.Length == SshEd25519Identity.SeedLength && algorithm.IsEmpty && (publicHalf.IsEmpty || publicHalf is [0, _, ..])
            ? SshEd25519Identity.Of(seed, publicHalf.IsEmpty ? [] : publicHalf[1..])
            : throw new FormatException("is damaged: its Ed25519 key has a wrong length");
    }
}
