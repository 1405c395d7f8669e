using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using Prism.Supervisor.Secrets.Age;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Secrets.Age;

public sealed class SshKeyTests
{
    private static readonly byte[] Seed = RandomNumberGenerator.GetBytes(32);

    private static readonly byte[] Other = SshKeyWriter.PublicHalf(RandomNumberGenerator.GetBytes(32));

    private static readonly byte[] EdWire = SshKeyWriter.Wire("ssh-ed25519", SshKeyWriter.PublicHalf(Seed));

    private static readonly string EdLine = SshKeyWriter.Line(EdWire, "ssh-ed25519");

    private static readonly byte[] EdFields = SshKeyWriter.Wire("ssh-ed25519", SshKeyWriter.PublicHalf(Seed), [.. Seed, .. SshKeyWriter.PublicHalf(Seed)]);

    private static readonly RSA RsaKey = RSA.Create(2048);

    private static readonly RSAParameters Rsa = RsaKey.ExportParameters(includePrivateParameters: true);

    [Fact]
    public void An_ed25519_key_is_taken_from_each_container_and_is_two_identities()
    {
        string[] texts =
        [
            SshKeyWriter.Ed25519Key(Seed),
            SshKeyWriter.Pem("PRIVATE KEY", Pkcs8(Seed)),
            SshKeyWriter.Ed25519Key(Seed).ReplaceLineEndings("\r\n"),
            $"\n  {SshKeyWriter.Ed25519Key(Seed)}\n\n",
        ];

        Assert.All(texts, text =>
        {
            var identities = SshKey.Parse(Encoding.ASCII.GetBytes(text));
            Assert.Equal(EdLine, identities[0].Recipient);
            Assert.StartsWith("age1", identities[1].Recipient, StringComparison.Ordinal);
            Assert.Equal([false, true], identities.Select(i => i.IsNative));
        });
    }

    [Fact]
    public void An_RSA_key_is_taken_from_each_container()
    {
        string[] texts = [SshKeyWriter.RsaKey(Rsa), RsaKey.ExportRSAPrivateKeyPem(), RsaKey.ExportPkcs8PrivateKeyPem()];
        var line = SshKeyWriter.Line(SshKeyWriter.Wire("ssh-rsa", SshKeyWriter.Positive(Rsa.Exponent!), SshKeyWriter.Positive(Rsa.Modulus!)), "ssh-rsa");

        Assert.All(texts, text => Assert.Equal(line, SshKey.Parse(Encoding.ASCII.GetBytes(text)).Single().Recipient));
    }

    [Fact]
    public void The_conversion_is_that_of_ssh_to_age()
    {
        (string Key, string Converted)[] pairs =
        [
            (SopsCase.Key("ssh_ed25519"), SopsCase.Key("ssh_ed25519.as_age.txt")),
            .. new[] { "ssh-to-age/id_ed25519", "sops-nix/ssh-ed25519-key" }.Select(f => (Vectors.Folder(f), Vectors.Folder(f + ".as_age.txt"))),
        ];

        Assert.All(pairs, pair =>
        {
            var key = SshKey.Parse(File.ReadAllBytes(pair.Key));
            Assert.Equal(KeyFile.Parse(File.ReadAllBytes(pair.Converted)).Single().Recipient, key[1].Recipient);
            Assert.Equal(string.Join(' ', File.ReadAllText(pair.Key + ".pub").Split(' ', '\n').Take(2)), key[0].Recipient);
        });
        Assert.Equal(File.ReadAllText(Vectors.Folder("ssh-to-age/id_ed25519.pub.as_age.txt")).Trim(), SshKey.Parse(File.ReadAllBytes(pairs[1].Key))[1].Recipient);
    }

    [Fact]
    public void A_real_host_key_opens_the_file_that_sops_nix_encrypted_for_its_conversion()
    {
        var yaml = File.ReadAllText(Vectors.Folder("sops-nix/secrets.yaml"));
        var armors = Regex.Matches(yaml, "-----BEGIN AGE [^#]*?-----END AGE ENCRYPTED FILE-----").Select(m => m.Value.Replace("\n            ", "\n", StringComparison.Ordinal));
        var identities = SshKey.Parse(File.ReadAllBytes(Vectors.Folder("sops-nix/ssh-ed25519-key")));

        var opened = armors.SelectMany(armor => identities.Select(AgeFile.ParseArmored(Encoding.ASCII.GetBytes(armor)).Open)).OfType<byte[]>().Single();

        var value = yaml.Split('\n').First(l => l.StartsWith("test_key: ", StringComparison.Ordinal))["test_key: ".Length..];
        Assert.Equal("test_value", Encoding.ASCII.GetString(Prism.Supervisor.Secrets.Sops.SopsValue.TryParse(value)!.Open(opened, "test_key:")!));
    }

    public static TheoryData<string, string> Spoiled => new()
    {
        { SshKeyWriter.OpenSsh(EdWire, EdFields, cipher: "aes256-ctr", derivation: "bcrypt"), "is protected by a passphrase" },
        { SshKeyWriter.OpenSsh(EdWire, EdFields, options: [1]), "holds more than one" },
        { SshKeyWriter.OpenSsh(EdWire, EdFields, keys: 2), "holds more than one" },
        { SshKeyWriter.OpenSsh(EdWire, EdFields, keys: uint.MaxValue), "holds more than one" },
        { SshKeyWriter.OpenSsh(EdWire, EdFields, check: 8), "check numbers" },
        { SshKeyWriter.OpenSsh(EdWire, EdFields, padding: [1, 2, 3, 4, 5, 7]), "padding" },
        { SshKeyWriter.OpenSsh(EdWire, EdFields, padding: []), "its length is wrong" },
        { SshKeyWriter.OpenSsh(EdWire, EdFields, trailer: [0]), "something follows" },
        { SshKeyWriter.Ed25519Key(Seed, outer: Other), "public half" },
        { SshKeyWriter.Ed25519Key(Seed, half: Other), "public half" },
        { SshKeyWriter.Ed25519Key(Seed, stored: Other), "public half" },
        { SshKeyWriter.Ed25519Key(Seed, half: Other, stored: Other, outer: Other), "public half" },
        { SshKeyWriter.Ed25519Key(Seed, half: [], stored: []), "public half" },
        { SshKeyWriter.OpenSsh(EdWire, SshKeyWriter.Wire("ssh-ed25519", SshKeyWriter.PublicHalf(Seed), Seed)), "public half" },
        { SshKeyWriter.OpenSsh(EdWire, SshKeyWriter.Wire("ecdsa-sha2-nistp256", [])), "is an ECDSA key" },
        { SshKeyWriter.OpenSsh(EdWire, SshKeyWriter.Wire("sk-ssh-ed25519@openssh.com", [])), "a hardware (sk) ssh key" },
        { SshKeyWriter.OpenSsh(EdWire, SshKeyWriter.Wire("ssh-dss", [])), "is a DSA key" },
        { SshKeyWriter.OpenSsh(EdWire, SshKeyWriter.Wire("ssh-mldsa", [])), "is a key of another kind" },
        { SshKeyWriter.OpenSsh(EdWire, [0xff, 0xff, 0xff, 0xff]), "is cut short" },
        { SshKeyWriter.Pem("OPENSSH PRIVATE KEY", [.. "openssh-key-v1\0"u8, 0xff, 0xff, 0xff, 0xff]), "is cut short" },
        { SshKeyWriter.Pem("OPENSSH PRIVATE KEY", []), "does not begin with openssh-key-v1" },
        { SshKeyWriter.RsaKey(Rsa, key => [0, .. SshKeyWriter.Positive(key.Modulus!)]), "not written as ssh writes it" },
        { SshKeyWriter.RsaKey(Rsa, _ => []), "not written as ssh writes it" },
        { SshKeyWriter.RsaKey(Rsa, key => SshKeyWriter.Positive([.. key.Modulus![..^1], (byte)(key.Modulus[^1] ^ 2)])), "do not belong together" },
        { SshKeyWriter.RsaKey(Rsa, _ => [1, .. new byte[2048]]), "is an RSA key of 16385 bits" },
        { SshKeyWriter.RsaKey(Rsa, _ => [1, .. new byte[500_000]]), "absurdly long" },
        { SshKeyWriter.Pem("PRIVATE KEY", Pkcs8(Seed[..31])), "has a wrong length" },
        { SshKeyWriter.Pem("PRIVATE KEY", [.. Pkcs8(Seed), 0]), "no private key in DER" },
        { SshKeyWriter.Pem("PRIVATE KEY", [0x30, 0x80, .. Pkcs8(Seed)[2..], 0, 0]), "no private key in DER" },
        { SshKeyWriter.Pem("PRIVATE KEY", [0x30, 0x81, .. Pkcs8(Seed)[1..]]), "no private key in DER" },
        { SshKeyWriter.Pem("PRIVATE KEY", [0x30, 0x82, 0, .. Pkcs8(Seed)[1..]]), "no private key in DER" },
        { SshKeyWriter.Pem("PRIVATE KEY", [0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), "no private key in DER" },
        { SshKeyWriter.Pem("RSA PRIVATE KEY", [0x30, 0x83, 0xff, 0xff, 0xff, 2]), "no private key in DER" },
        { SshKeyWriter.Pem("EC PRIVATE KEY", [1]), "is an ECDSA key" },
        { SshKeyWriter.Pem("DSA PRIVATE KEY", [1]), "is a DSA key" },
        { SshKeyWriter.Pem("ENCRYPTED PRIVATE KEY", [1]), "is protected by a passphrase" },
        { "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n", "is protected by a passphrase" },
        { SshKeyWriter.Pem("PUBLIC KEY", [1]), "is an ssh public key" },
        { SshKeyWriter.Pem("CERTIFICATE", [1]), "is no private key of a kind" },
        { EdLine + " comment", "is an ssh public key" },
        { "sk-ssh-ed25519@openssh.com AAAA", "is an ssh public key" },
        { "PuTTY-User-Key-File-3: ssh-ed25519", "is a PuTTY key" },
        { "# comment\nAGE-SECRET-KEY-1QQQ", "give it as SOPS_AGE_KEY_FILE" },
        { " \n", "is empty" },
        { "hello", "does not begin with" },
        { SshKeyWriter.Ed25519Key(Seed) + "x", "something after its END line" },
        { SshKeyWriter.Ed25519Key(Seed) + SshKeyWriter.Ed25519Key(Seed), "something after its END line" },
        { SshKeyWriter.Ed25519Key(Seed).Replace("-----END", "-----FIN", StringComparison.Ordinal), "END line is missing" },
        { SshKeyWriter.Ed25519Key(Seed).Replace("-----END OPENSSH", "-----END CLOSED", StringComparison.Ordinal), "END line is missing" },
        { SshKeyWriter.Ed25519Key(Seed).Replace("KEY-----\nb", "KEY-----\n!", StringComparison.Ordinal), "is not base64" },
        { SshKeyWriter.Ed25519Key(Seed).Replace("KEY-----\nb", "KEY----- b\nb", StringComparison.Ordinal), "END line is missing" },
    };

    [Theory]
    [MemberData(nameof(Spoiled), DisableDiscoveryEnumeration = true)]
    public void Whatever_is_no_usable_key_is_refused_by_name(string text, string fault)
    {
        var message = Assert.Throws<FormatException>(() => SshKey.Parse(Encoding.ASCII.GetBytes(text))).Message;

        Assert.Contains(fault, message, StringComparison.Ordinal);
        Assert.DoesNotContain(message, char.IsControl);
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(2040)]
    public void An_RSA_key_of_fewer_than_2048_bits_is_refused(int bits)
    {
        using var small = RSA.Create(bits);

        Assert.Contains($"is an RSA key of {bits} bits", Fault(small.ExportRSAPrivateKeyPem()), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_number_of_an_RSA_key_must_fit_the_others()
    {
        var parts = new Func<RSAParameters, RSAParameters>[]
        {
            k => k with { D = Spoil(k.D) }, k => k with { P = Spoil(k.P) }, k => k with { Q = Spoil(k.Q) }, k => k with { InverseQ = Spoil(k.InverseQ) },
            k => k with { Exponent = [3] }, k => k with { Exponent = [1] }, k => k with { P = k.Modulus, Q = [1] }, k => k with { P = k.Q, Q = k.P },
        };

        Assert.All(parts, spoil => Assert.Contains("do not belong together", Fault(SshKeyWriter.RsaKey(spoil(Rsa))), StringComparison.Ordinal));
    }

    [Fact]
    public void The_remainders_that_PKCS_1_writes_down_are_checked_too()
    {
        var bytes = RsaKey.ExportRSAPrivateKey();

        // One key in 256 has a remainder that begins with a zero, which DER does not write.
        var at = bytes.AsSpan().IndexOf(Rsa.DP.AsSpan().TrimStart((byte)0));
        bytes[at + 9] ^= 1;

        Assert.Contains("do not belong together", Fault(SshKeyWriter.Pem("RSA PRIVATE KEY", bytes)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_public_half_beside_a_PKCS_8_key_must_be_its_own()
    {
        byte[] With(byte[] half) => [0x30, 0x51, 2, 1, 1, .. Pkcs8(Seed)[5..], 0x81, 0x21, 0, .. half];

        Assert.Equal(EdLine, SshKey.Parse(Encoding.ASCII.GetBytes(SshKeyWriter.Pem("PRIVATE KEY", With(SshKeyWriter.PublicHalf(Seed)))))[0].Recipient);
        Assert.Contains("public half", Fault(SshKeyWriter.Pem("PRIVATE KEY", With(Other))), StringComparison.Ordinal);
    }

    /// <summary>The comment is nobody's, the padding and the check numbers are checked: all else must be what it was.</summary>
    [Fact]
    public void One_flipped_bit_of_an_OpenSSH_key_is_refused_or_in_its_comment()
    {
        var bytes = SshKeyWriter.Bytes(SshKeyWriter.Ed25519Key(Seed));
        var comment = bytes.AsSpan().LastIndexOf("comment"u8);

        for (var i = 0; i < bytes.Length * 8; i++)
        {
            var spoiled = bytes.ToArray();
            spoiled[i / 8] ^= (byte)(1 << (i % 8));
            var fault = Record.Exception(() => { _ = SshKey.Parse(Encoding.ASCII.GetBytes(SshKeyWriter.Pem("OPENSSH PRIVATE KEY", spoiled))); });

            if (i / 8 >= comment && i / 8 < comment + "comment".Length)
            {
                Assert.Null(fault);
            }
            else
            {
                Assert.IsType<FormatException>(fault);
            }
        }
    }

    [Fact]
    public void Nothing_but_a_FormatException_leaves_it_whatever_the_bytes()
    {
        string[] labels = ["OPENSSH PRIVATE KEY", "RSA PRIVATE KEY", "PRIVATE KEY"];
        byte[][] keys = [SshKeyWriter.Bytes(SshKeyWriter.Ed25519Key(Seed)), SshKeyWriter.Bytes(SshKeyWriter.RsaKey(Rsa)), RsaKey.ExportPkcs8PrivateKey(), RsaKey.ExportRSAPrivateKey(), Pkcs8(Seed)];

        Gen.Select(Gen.Int[0, labels.Length - 1], Gen.Int[0, keys.Length - 1], Gen.Byte.Array[0, 6], Gen.Int[0, 2000], Gen.Int[0, 8]).Sample(
            (label, key, part, at, removed) =>
            {
                var bytes = keys[key];
                at %= bytes.Length;
                byte[] spoiled = [.. bytes[..at], .. part, .. bytes[Math.Min(bytes.Length, at + removed)..]];
                return Record.Exception(() => { _ = SshKey.Parse(Encoding.ASCII.GetBytes(SshKeyWriter.Pem(labels[label], spoiled))); }) is null or FormatException;
            },
            iter: 3000);
    }

    private static string Fault(string text) => Assert.Throws<FormatException>(() => SshKey.Parse(Encoding.ASCII.GetBytes(text))).Message;

    private static byte[] Pkcs8(byte[] seed) => [0x30, (byte)(14 + seed.Length), 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, (byte)(2 + seed.Length), 4, (byte)seed.Length, .. seed];

    private static byte[] Spoil(byte[]? number) => [.. number![..^1], (byte)(number[^1] ^ 2)];
}
