using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Prism.Supervisor.Secrets.Age;
using Prism.Supervisor.Secrets.Sops;
using Prism.Supervisor.Tests.Fixtures;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Secrets;

public sealed class WycheproofTests
{
    [Fact]
    public void An_X25519_stanza_opens_with_every_point_but_those_of_low_order()
    {
        var count = 0;
        foreach (var (_, test) in Vectors.Wycheproof("x25519_test.json"))
        {
            count++;
            var (share, shared) = (test.Bytes("public"), test.Bytes("shared"));
            var key = Encoding.ASCII.GetBytes(Bech32.Encode("age-secret-key-"u8, test.Bytes("private")).ToUpperInvariant());
            using var identity = X25519Identity.TryParse(key)!;
            var recipient = Bech32.Decode(Encoding.ASCII.GetBytes(identity.Recipient), "age"u8)!;
            var wrap = HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, 32, [.. share, .. recipient], Encoding.ASCII.GetBytes("age-encryption.org/v1/X25519"));
            var fileKey = RandomNumberGenerator.GetBytes(16);
            var stanza = new Stanza("X25519", [Convert.ToBase64String(share).TrimEnd('=')], AgeWriter.Seal(wrap, new byte[12], fileKey));

            if (shared.All(b => b == 0))
            {
                Assert.Contains("low order", Assert.Throws<FormatException>(() => identity.Unwrap(stanza)).Message, StringComparison.Ordinal);
            }
            else
            {
                Assert.Equal(fileKey, identity.Unwrap(stanza));
            }
        }

        Count("x25519_test.json", count);
    }

    [Fact]
    public void ChaCha20_Poly1305_opens_what_is_valid_and_nothing_else()
    {
        var count = 0;
        foreach (var (group, test) in Vectors.Wycheproof("chacha20_poly1305_test.json"))
        {
            if (group.GetProperty("ivSize").GetInt32() != 96 || test.Bytes("aad").Length > 0)
            {
                continue;
            }

            var opened = Primitives.Open(test.Bytes("key"), test.Bytes("iv"), [.. test.Bytes("ct"), .. test.Bytes("tag")]);

            Assert.Equal(IsValid(test) ? test.Bytes("msg") : null, opened);
            count++;
        }

        Count("chacha20_poly1305_test.json", count);
        Assert.InRange(count, 20, 1000);
    }

    [Fact]
    public void AES_256_GCM_opens_what_is_valid_with_an_IV_of_any_length_and_nothing_else()
    {
        var (lengths, count) = (new HashSet<int>(), 0);
        foreach (var (group, test) in Vectors.Wycheproof("aes_gcm_test.json"))
        {
            var associated = Encoding.UTF8.GetString(test.Bytes("aad"));
            if (group.GetProperty("keySize").GetInt32() != 256 || test.Bytes("iv").Length == 0 || !Encoding.UTF8.GetBytes(associated).SequenceEqual(test.Bytes("aad")))
            {
                continue;
            }

            var opened = new SopsValue(test.Bytes("ct"), test.Bytes("iv"), test.Bytes("tag"), "str").Open(test.Bytes("key"), associated);

            Assert.Equal(IsValid(test) ? test.Bytes("msg") : null, opened);
            lengths.Add(test.Bytes("iv").Length);
            count++;
        }

        Count("aes_gcm_test.json", count);
        Assert.Contains(32, lengths);
    }

    [Fact]
    public void AES_256_GCM_with_an_IV_of_32_bytes_is_that_of_other_implementations()
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Vectors.Folder("gcm-iv32"), "gcm-iv32.json")));
        foreach (var test in json.RootElement.EnumerateArray())
        {
            var value = new SopsValue(test.Bytes("ciphertext"), test.Bytes("iv"), test.Bytes("tag"), "str");

            Assert.Equal(test.Bytes("plaintext"), value.Open(test.Bytes("key"), test.GetProperty("aad").GetString()!));
            Assert.Null(value.Open(test.Bytes("key"), "another"));
        }
    }

    [Fact]
    public void HKDF_derives_the_keys_of_the_vectors()
    {
        var count = 0;
        foreach (var (_, test) in Vectors.Wycheproof("hkdf_sha256_test.json"))
        {
            // The first 32 bytes of a longer output are the shorter one (RFC 5869, section 2.3); a size out of bounds is asked for by nobody.
            var expected = test.Bytes("okm").AsSpan();
            if (IsValid(test))
            {
                var length = Math.Min(expected.Length, Primitives.KeyLength);
                Assert.Equal(expected[..length], Primitives.Hkdf(test.Bytes("ikm"), test.Bytes("salt"), test.Bytes("info")).AsSpan(..length));
                count++;
            }
        }

        Count("hkdf_sha256_test.json", count);
        Assert.InRange(count, 70, 86);
    }

    [Fact]
    public void HMAC_is_that_of_the_vectors()
    {
        var count = 0;
        foreach (var (_, test) in Vectors.Wycheproof("hmac_sha256_test.json"))
        {
            var tag = test.Bytes("tag");

            Assert.Equal(IsValid(test), Primitives.Hmac(test.Bytes("key"), test.Bytes("msg")).AsSpan(..tag.Length).SequenceEqual(tag));
            count++;
        }

        Count("hmac_sha256_test.json", count);
        Assert.Equal(174, count);
    }

    /// <summary>Those left out are of sizes, or with associated data, that no caller here has; ed25519_test.json is of signatures, and none is verified here.</summary>
    private static void Count(string file, int used) =>
        Tally.Say($"wycheproof-{file}", $"Wycheproof {file}: {used} of {Vectors.Wycheproof(file).Count()} apply and hold");

    private static bool IsValid(JsonElement test) => test.GetProperty("result").GetString() == "valid";
}
