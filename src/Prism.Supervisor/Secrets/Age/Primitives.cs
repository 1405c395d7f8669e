using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;

namespace Prism.Supervisor.Secrets.Age;

/// <summary>The three primitives of age beside X25519, and how anything with a tag is opened, managed to the last byte: System.Security.Cryptography would load libssl, which a NixOS loader path does not have.</summary>
internal static class Primitives
{
    public const int KeyLength = 32;
    public const int TagLength = 16;
    public const int NonceLength = 12;

    public static byte[] Hkdf(byte[] keyMaterial, byte[] salt, ReadOnlySpan<byte> info)
    {
        var generator = new HkdfBytesGenerator(new Sha256Digest());
        generator.Init(new HkdfParameters(keyMaterial, salt, info.ToArray()));
        var key = new byte[KeyLength];
        generator.GenerateBytes(key, 0, key.Length);
        return key;
    }

    public static byte[] Hmac(byte[] key, byte[] message)
    {
        var hmac = new HMac(new Sha256Digest());
        hmac.Init(new KeyParameter(key));
        hmac.BlockUpdate(message, 0, message.Length);
        var mac = new byte[hmac.GetMacSize()];
        hmac.DoFinal(mac, 0);
        return mac;
    }

    /// <summary>ChaCha20-Poly1305 without associated data; null if the tag does not hold.</summary>
    public static byte[]? Open(byte[] key, byte[] nonce, ReadOnlySpan<byte> box)
    {
        if (box.Length < TagLength)
        {
            return null;
        }

        return Open(new ChaCha20Poly1305(), new ParametersWithIV(new KeyParameter(key), nonce), box[..^TagLength], box[^TagLength..]);
    }

    /// <summary>The plaintext as a whole; null if the tag does not hold.</summary>
    public static byte[]? Open(IAeadCipher cipher, ICipherParameters parameters, ReadOnlySpan<byte> data, ReadOnlySpan<byte> tag)
    {
        cipher.Init(forEncryption: false, parameters);
        var clear = new byte[data.Length];
        try
        {
            var written = cipher.ProcessBytes(data, clear);
            written += cipher.ProcessBytes(tag, clear.AsSpan(written));
            cipher.DoFinal(clear.AsSpan(written));
            return clear;
        }
        catch (InvalidCipherTextException)
        {
            return null;
        }
    }
}
