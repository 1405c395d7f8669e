using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Secrets.Age;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Secrets;

/// <summary>
/// What is on the way from a file to a key is wiped: this process looks for it in its own memory. What it looks for it keeps
/// only in disguise. The collector may move an array and leave a copy behind, so the best of several rounds counts.
/// </summary>
public sealed class WipedKeyTests
{
    private const int Rounds = 6;
    private const byte Disguise = 0x5a;

    private delegate void Work(byte[] secret);

    [Fact]
    public void Of_an_age_key_no_copy_stays() => AssertWiped(secret =>
    {
        var text = Letters(secret);
        X25519Identity.TryParse(text)!.Dispose();
        CryptographicOperations.ZeroMemory(text);
    });

    [Fact]
    public void Of_a_data_key_nothing_stays() => AssertWiped(secret =>
    {
        var (fileKey, nonce) = (RandomNumberGenerator.GetBytes(16), RandomNumberGenerator.GetBytes(16));
        var key = HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, 32, nonce, Encoding.ASCII.GetBytes("payload"));
        byte[] payload = [.. nonce, .. AgeWriter.Seal(key, [.. new byte[11], 1], secret)];
        CryptographicOperations.ZeroMemory(Payload.Open(fileKey, payload));
    });

    [Fact]
    public void Of_base64_only_the_result_stays() => AssertWiped(secret =>
    {
        var text = new byte[((secret.Length + 2) / 3) * 4];
        _ = System.Buffers.Text.Base64.EncodeToUtf8(secret, text, out _, out _);
        CryptographicOperations.ZeroMemory(StrictBase64.Decode(text, padded: true));
        CryptographicOperations.ZeroMemory(text);
    });

    [Fact]
    public void Of_keys_that_an_external_sops_is_given_nothing_stays() => AssertWiped(secret =>
    {
        using var folder = new SecretFolder();
        using var descriptor = File.OpenHandle(folder.Write("age.key", secret));
        var sops = new ExternalSops(["sops"], new Dictionary<string, string> { ["SOPS_AGE_KEY_FILE"] = folder.Write("other.key", "# none\n") }, new FakeCommands("/"));
        _ = Assert.Throws<StartupException>(() => sops.Decrypt("/a.env", "", new(descriptor, null, null, null), "/a.env"));
    });

    private static void AssertWiped(Work work)
    {
        work(RandomNumberGenerator.GetBytes(32)); // So that nothing is compiled while the collector should stand still.
        Assert.Contains(Enumerable.Range(0, Rounds), _ => !Stays(work));
    }

    private static bool Stays(Work work)
    {
        var disguised = RandomNumberGenerator.GetBytes(32);
        var secret = disguised.Select(b => (byte)(b ^ Disguise)).ToArray();
        secret[31] |= 0x80; // X25519 clears this bit in its copies, which are its own business.
        disguised[31] = (byte)(secret[31] ^ Disguise);
        work(secret);
        CryptographicOperations.ZeroMemory(secret);
        return IsInMemory(disguised.AsSpan(8).ToArray());
    }

    /// <summary>The text of an age key, which no copy of its bytes was made for.</summary>
    private static byte[] Letters(byte[] secret)
    {
        var text = Encoding.ASCII.GetBytes(Bech32.Encode("AGE-SECRET-KEY-"u8, secret));
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = (byte)char.ToUpperInvariant((char)text[i]);
        }

        return text;
    }

    private static bool IsInMemory(byte[] disguised)
    {
        using var memory = File.OpenHandle("/proc/self/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var buffer = new byte[1 << 20];
        foreach (var line in File.ReadLines("/proc/self/maps").ToList())
        {
            var words = line.Split(' ', 3);
            var ends = words[0].Split('-').Select(end => ulong.Parse(end, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
            if (!words[1].StartsWith("rw-p", StringComparison.Ordinal) || line.Contains(".so", StringComparison.Ordinal) || ends[1] > long.MaxValue)
            {
                continue;
            }

            for (var at = (long)ends[0]; at < (long)ends[1]; at += buffer.Length - disguised.Length)
            {
                int count;
                try
                {
                    count = RandomAccess.Read(memory, buffer.AsSpan(0, (int)Math.Min(buffer.Length, (long)ends[1] - at)), at);
                }
                catch (IOException)
                {
                    break; // It is gone, or a guard.
                }

                if (Holds(buffer.AsSpan(0, count), disguised))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool Holds(ReadOnlySpan<byte> memory, ReadOnlySpan<byte> disguised)
    {
        for (var rest = memory; rest.IndexOf((byte)(disguised[0] ^ Disguise)) is >= 0 and var at; rest = rest[(at + 1)..])
        {
            var same = 0;
            while (same < disguised.Length && at + same < rest.Length && rest[at + same] == (disguised[same] ^ Disguise))
            {
                same++;
            }

            if (same == disguised.Length)
            {
                return true;
            }
        }

        return false;
    }
}
