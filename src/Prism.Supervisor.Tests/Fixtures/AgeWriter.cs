using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Encodings;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Prism.Supervisor.Secrets.Age;

namespace Prism.Supervisor.Tests.Fixtures;

/// <summary>Writes age files for any number of recipients of the three kinds, with .NET's cryptography where it has it, so that it does not repeat the reader's mistakes.</summary>
internal static class AgeWriter
{
    /// <summary>A small file: one chunk.</summary>
    public static byte[] Write(byte[] content, params IEnumerable<Func<byte[], string>> stanzas)
    {
        var (fileKey, nonce) = (RandomNumberGenerator.GetBytes(16), RandomNumberGenerator.GetBytes(16));
        var header = $"age-encryption.org/v1\n{string.Concat(stanzas.Select(stanza => stanza(fileKey)))}---";
        var mac = HMACSHA256.HashData(HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, 32, [], Encoding.ASCII.GetBytes("header")), Encoding.ASCII.GetBytes(header));
        var payloadKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, 32, nonce, Encoding.ASCII.GetBytes("payload"));
        return [.. Encoding.ASCII.GetBytes($"{header} {Unpadded(mac)}\n"), .. nonce, .. Seal(payloadKey, [.. new byte[11], 1], content)];
    }

    public static Func<byte[], string> X25519(string recipient) => fileKey =>
    {
        var (theirs, ephemeral) = (Bech32.Decode(Encoding.ASCII.GetBytes(recipient), "age"u8)!, RandomNumberGenerator.GetBytes(32));
        var share = PublicKey(ephemeral);
        var wrap = HKDF.DeriveKey(HashAlgorithmName.SHA256, Multiply(ephemeral, theirs), 32, [.. share, .. theirs], Encoding.ASCII.GetBytes("age-encryption.org/v1/X25519"));
        return Stanza($"X25519 {Unpadded(share)}", Seal(wrap, new byte[12], fileKey));
    };

    /// <summary>For the ssh key of a seed; the point it converts to is computed from the seed, which a real sender has not.</summary>
    public static Func<byte[], string> Ed25519(byte[] seed) => fileKey =>
    {
        var (theirs, ephemeral) = (PublicKey(SHA512.HashData(seed)[..32]), RandomNumberGenerator.GetBytes(32));
        var (share, wire, label) = (PublicKey(ephemeral), SshKeyWriter.Wire("ssh-ed25519", SshKeyWriter.PublicHalf(seed)), Encoding.ASCII.GetBytes("age-encryption.org/v1/ssh-ed25519"));
        var tweak = HKDF.DeriveKey(HashAlgorithmName.SHA256, [], 32, wire, label);
        var wrap = HKDF.DeriveKey(HashAlgorithmName.SHA256, Multiply(tweak, Multiply(ephemeral, theirs)), 32, [.. share, .. theirs], label);
        return Stanza($"ssh-ed25519 {Tag(wire)} {Unpadded(share)}", Seal(wrap, new byte[12], fileKey));
    };

    public static Func<byte[], string> Rsa(RSAParameters key, string label = "age-encryption.org/v1/ssh-rsa") => fileKey =>
    {
        var oaep = new OaepEncoding(new RsaEngine(), new Sha256Digest(), new Sha256Digest(), Encoding.ASCII.GetBytes(label));
        oaep.Init(forEncryption: true, new RsaKeyParameters(isPrivate: false, new BigInteger(1, key.Modulus), new BigInteger(1, key.Exponent)));
        return Stanza($"ssh-rsa {Tag(SshKeyWriter.Wire("ssh-rsa", SshKeyWriter.Positive(key.Exponent!), SshKeyWriter.Positive(key.Modulus!)))}", oaep.ProcessBlock(fileKey, 0, fileKey.Length));
    };

    public static byte[] Seal(byte[] key, byte[] nonce, byte[] clear)
    {
        using var cipher = new System.Security.Cryptography.ChaCha20Poly1305(key);
        var (box, tag) = (new byte[clear.Length], new byte[16]);
        cipher.Encrypt(nonce, clear, box, tag);
        return [.. box, .. tag];
    }

    public static byte[] PublicKey(byte[] scalar) => Multiply(scalar, [9, .. new byte[31]]);

    private static byte[] Multiply(byte[] scalar, byte[] point)
    {
        var product = new byte[32];
        Org.BouncyCastle.Math.EC.Rfc7748.X25519.ScalarMult(scalar, 0, point, 0, product, 0);
        return product;
    }

    /// <summary>The body's last line is shorter than 64 columns, an empty one if need be.</summary>
    private static string Stanza(string line, byte[] body)
    {
        var text = Unpadded(body);
        return $"-> {line}\n{string.Concat(text.Chunk(64).Select(part => new string(part) + "\n"))}{(text.Length % 64 == 0 ? "\n" : "")}";
    }

    private static string Tag(byte[] wire) => Unpadded(SHA256.HashData(wire)[..4]);

    private static string Unpadded(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');
}
