using System.Text;

namespace Prism.Supervisor.Secrets.Age;

/// <summary>What stands inside an OPENSSH PRIVATE KEY block (OpenSSH's PROTOCOL.key), strict to its padding: one key, without a passphrase.</summary>
internal static class OpenSshFile
{
    private const int BlockLength = 8;

    private static ReadOnlySpan<byte> Magic => "openssh-key-v1\0"u8;

    /// <exception cref="FormatException">It is unusable; the message says why, never its content.</exception>
    public static Identity Parse(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith(Magic))
        {
            throw new FormatException("is damaged: its OpenSSH key does not begin with openssh-key-v1");
        }

        var reader = new SshReader(bytes[Magic.Length..]);
        var cipher = reader.TakeString();
        var derivation = reader.TakeString();
        var options = reader.TakeString();
        if (!cipher.SequenceEqual("none"u8) || !derivation.SequenceEqual("none"u8))
        {
            throw new FormatException(SshKey.Locked);
        }

        if (!options.IsEmpty || reader.TakeNumber() != 1)
        {
            throw new FormatException("is damaged, or holds more than one OpenSSH key");
        }

        var publicHalf = reader.TakeString();
        var privateHalf = reader.TakeString();
        if (!reader.Rest.IsEmpty || privateHalf.Length % BlockLength != 0)
        {
            throw new FormatException("is damaged: something follows the OpenSSH key, or its length is wrong");
        }

        return ParsePrivate(privateHalf, publicHalf);
    }

    private static Identity ParsePrivate(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> publicHalf)
    {
        var reader = new SshReader(bytes);
        if (reader.TakeNumber() != reader.TakeNumber())
        {
            throw new FormatException("is damaged: the check numbers of its OpenSSH key differ");
        }

        var type = Encoding.ASCII.GetString(reader.TakeString());
        var (identity, publicKey) = type switch
        {
            SshPublicKey.Ed25519Type => Ed25519(ref reader),
            SshPublicKey.RsaType => Rsa(ref reader),
            _ => throw new FormatException(SshKey.OtherKind(type)),
        };

        _ = reader.TakeString(); // The comment.
        var padding = reader.Rest;
        for (var i = 0; i < padding.Length; i++)
        {
            if (padding[i] != (byte)(i + 1))
            {
                identity.Dispose();
                throw new FormatException("is damaged: the padding of its OpenSSH key is wrong");
            }
        }

        if (!publicHalf.SequenceEqual(publicKey.Wire))
        {
            identity.Dispose();
            throw new FormatException("is damaged: its public half is not that of its private one");
        }

        return identity;
    }

    private static (Identity Identity, SshPublicKey PublicKey) Ed25519(ref SshReader reader)
    {
        // The private field is the seed and, once more, the public half.
        var publicHalf = reader.TakeString();
        var secret = reader.TakeString();
        if (publicHalf.Length == 0 || secret.Length != SshEd25519Identity.SeedLength + publicHalf.Length || !secret.EndsWith(publicHalf))
        {
            throw new FormatException("is damaged: its public half is not that of its private one");
        }

        var identity = SshEd25519Identity.Of(secret[..SshEd25519Identity.SeedLength], publicHalf);
        return (identity, identity.PublicKey);
    }

    private static (Identity Identity, SshPublicKey PublicKey) Rsa(ref SshReader reader)
    {
        var modulus = TakePositive(ref reader);
        var exponent = TakePositive(ref reader);
        var secret = TakePositive(ref reader);
        var inverse = TakePositive(ref reader);
        var p = TakePositive(ref reader);
        var q = TakePositive(ref reader);
        var key = RsaKey.Of(modulus, exponent, secret, p, q, inverse);
        return (new SshRsaIdentity(key), key.PublicKey);
    }

    /// <summary>An mpint (RFC 4251): two's complement, so that a first bit that is set would make it negative.</summary>
    private static ReadOnlySpan<byte> TakePositive(ref SshReader reader)
    {
        var number = reader.TakeString();
        return number.IsEmpty || number[0] > 0x7f || (number[0] == 0 && (number.Length == 1 || number[1] <= 0x7f))
            ? throw new FormatException("is damaged: a number of its RSA key is not written as ssh writes it")
            : number;
    }
}
