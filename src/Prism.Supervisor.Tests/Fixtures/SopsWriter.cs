using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Secrets.Age;

namespace Prism.Supervisor.Tests.Fixtures;

/// <summary>Writes sops dotenv files for one age recipient, as sops 3.13 would; with .NET's cryptography where it has it, so that it does not repeat the reader's mistakes.</summary>
internal static class SopsWriter
{
    private const string UnencryptedSuffix = "_unencrypted";

    /// <summary>A fresh key: the line for a key file, and the recipient to write for.</summary>
    public static (string Identity, string Recipient) NewKey()
    {
        var secret = RandomNumberGenerator.GetBytes(32);
        return (Bech32.Encode("age-secret-key-"u8, secret).ToUpperInvariant(), Bech32.Encode("age"u8, AgeWriter.PublicKey(secret)));
    }

    /// <summary>The file, to the last newline: names that end in _unencrypted and empty values are clear, all else is encrypted. The name # makes a comment.</summary>
    public static string Write(string recipient, IEnumerable<KeyValuePair<string, string>> pairs, string modified = "2026-01-02T03:04:05Z") =>
        Write([(recipient, dataKey => Armored(Age(recipient, dataKey)))], pairs, modified);

    /// <summary>The same for several recipients, each with its label and what makes an armored age file of the data key.</summary>
    public static string Write(IReadOnlyList<(string Label, Func<byte[], string> Seal)> recipients, IEnumerable<KeyValuePair<string, string>> pairs, string modified = "2026-01-02T03:04:05Z", byte[]? dataKey = null)
    {
        dataKey ??= RandomNumberGenerator.GetBytes(32);
        var file = new StringBuilder();
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        foreach (var (name, value) in pairs)
        {
            if (name == "#")
            {
                file.Append(CultureInfo.InvariantCulture, $"#{(value.Length == 0 ? "" : Encrypt(dataKey, value, ":", "comment"))}\n");
                continue;
            }

            digest.AppendData(ByteText.Encode(value));
            var clear = value.Length == 0 || name.EndsWith(UnencryptedSuffix, StringComparison.Ordinal);
            file.Append(CultureInfo.InvariantCulture, $"{name}={(clear ? Escape(value) : Encrypt(dataKey, value, name + ":"))}\n");
        }

        for (var i = 0; i < recipients.Count; i++)
        {
            file.Append(CultureInfo.InvariantCulture, $"sops_age__list_{i}__map_enc={Escape(recipients[i].Seal(dataKey))}\n");
            file.Append(CultureInfo.InvariantCulture, $"sops_age__list_{i}__map_recipient={recipients[i].Label}\n");
        }

        file.Append(CultureInfo.InvariantCulture, $"sops_lastmodified={modified}\n");
        file.Append(CultureInfo.InvariantCulture, $"sops_mac={Encrypt(dataKey, Convert.ToHexString(digest.GetHashAndReset()), modified)}\n");
        return file.Append(CultureInfo.InvariantCulture, $"sops_unencrypted_suffix={UnencryptedSuffix}\nsops_version=3.13.2\n").ToString();
    }

    /// <summary>An ENC[…] of a value under a data key.</summary>
    public static string Encrypt(byte[] dataKey, string value, string associated, string type = "str")
    {
        var clear = ByteText.Encode(value);
        var iv = RandomNumberGenerator.GetBytes(32);
        var cipher = new GcmBlockCipher(AesUtilities.CreateEngine());
        cipher.Init(forEncryption: true, new AeadParameters(new KeyParameter(dataKey), 128, iv, ByteText.Encode(associated)));
        var box = new byte[clear.Length + 16];
        cipher.DoFinal(box, cipher.ProcessBytes(clear, 0, clear.Length, box, 0));
        return $"ENC[AES256_GCM,data:{Convert.ToBase64String(box[..^16])},iv:{Convert.ToBase64String(iv)},tag:{Convert.ToBase64String(box[^16..])},type:{type}]";
    }

    /// <summary>An age file with one X25519 stanza.</summary>
    public static byte[] Age(string recipient, byte[] content) => AgeWriter.Write(content, AgeWriter.X25519(recipient));

    public static string Armored(byte[] file)
    {
        var lines = Convert.ToBase64String(file).Chunk(64).Select(line => new string(line));
        return $"-----BEGIN AGE ENCRYPTED FILE-----\n{string.Join('\n', lines)}\n-----END AGE ENCRYPTED FILE-----\n";
    }

    private static string Escape(string text) => text.Replace("\n", @"\n", StringComparison.Ordinal);
}
