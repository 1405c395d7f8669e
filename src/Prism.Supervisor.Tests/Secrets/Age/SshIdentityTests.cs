using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Prism.Supervisor.Secrets.Age;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Secrets.Age;

public sealed class SshIdentityTests
{
    private static readonly byte[] FileKey = RandomNumberGenerator.GetBytes(16);

    private static readonly RSA RsaPair = RSA.Create(2048);

    private static readonly Identity Rsa = SshKey.Parse(Encoding.ASCII.GetBytes(RsaPair.ExportRSAPrivateKeyPem())).Single();

    private static readonly Identity Ed25519 = SshKey.Parse(File.ReadAllBytes(SopsCase.Key("ssh_ed25519")))[0];

    [Fact]
    public void An_ssh_rsa_stanza_for_the_key_opens_and_one_for_another_is_skipped()
    {
        Assert.Equal(FileKey, Rsa.Unwrap(RsaStanza(FileKey)));
        Assert.Null(Rsa.Unwrap(RsaStanza(FileKey) with { Arguments = ["AAAAAA"] }));
        Assert.Null(Rsa.Unwrap(new Stanza("X25519", [], [])));
    }

    [Fact]
    public void An_ssh_rsa_stanza_of_ones_own_that_does_not_open_is_refused()
    {
        var good = RsaStanza(FileKey);
        Stanza[] bad =
        [
            good with { Body = [.. good.Body[..^1], (byte)(good.Body[^1] ^ 1)] },
            good with { Body = good.Body[1..] },
            good with { Body = [0, .. good.Body] },
            good with { Body = [] },
            good with { Body = [.. Enumerable.Repeat((byte)0xff, 256)] },
            good with { Body = new byte[256] },
            RsaStanza(FileKey[1..]),
            RsaStanza([.. FileKey, 0]),
            RsaStanza(FileKey, "age-encryption.org/v1/ssh-other"),
        ];

        Assert.All(bad, stanza => Assert.Contains("is for this key and does not open", Fault(Rsa, stanza), StringComparison.Ordinal));
        Assert.Contains("malformed", Fault(Rsa, good with { Arguments = [] }), StringComparison.Ordinal);
        Assert.Contains("malformed", Fault(Rsa, good with { Arguments = [good.Arguments[0], "x"] }), StringComparison.Ordinal);
    }

    /// <summary>A message of any length that fits is read back, so that no length of the zeros before it is special.</summary>
    [Fact]
    public void OAEP_is_that_of_another_implementation_for_every_length()
    {
        var parameters = RsaPair.ExportParameters(includePrivateParameters: true);
        var key = RsaKey.Of(parameters.Modulus, parameters.Exponent, parameters.D, parameters.P, parameters.Q, parameters.InverseQ);

        for (var length = 0; length <= 256 - 66; length += 19)
        {
            var message = RandomNumberGenerator.GetBytes(length);
            Assert.Equal(message, key.Open(RsaPair.Encrypt(message, RSAEncryptionPadding.OaepSHA256), []));
        }
    }

    /// <summary>c and c + n are the same to the arithmetic, and only one of them is what was sent (RFC 8017, section 5.1.2).</summary>
    [Fact]
    public void A_box_that_is_no_smaller_than_the_modulus_is_refused()
    {
        var modulus = new BigInteger(RsaPair.ExportParameters(includePrivateParameters: false).Modulus, isUnsigned: true, isBigEndian: true);
        var (good, shifted) = Enumerable.Range(0, 100_000).Select(_ => RsaStanza(FileKey)).Select(s => (s, modulus + new BigInteger(s.Body, isUnsigned: true, isBigEndian: true))).First(pair => pair.Item2.GetBitLength() <= 2048);

        Assert.Equal(FileKey, Rsa.Unwrap(good));
        Assert.Contains("does not open", Fault(Rsa, good with { Body = shifted.ToByteArray(isUnsigned: true, isBigEndian: true) }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_block_whose_first_byte_is_not_zero_is_refused()
    {
        var (key, good) = (RsaPair.ExportParameters(includePrivateParameters: true), RsaStanza(FileKey));
        BigInteger Number(byte[]? bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

        var block = BigInteger.ModPow(Number(good.Body), Number(key.D), Number(key.Modulus)) + (BigInteger.One << (255 * 8));
        var body = BigInteger.ModPow(block, Number(key.Exponent), Number(key.Modulus)).ToByteArray(isUnsigned: true, isBigEndian: true);

        Assert.Contains("does not open", Fault(Rsa, good with { Body = [.. new byte[256 - body.Length], .. body] }), StringComparison.Ordinal);
    }

    [Fact]
    public void An_ssh_ed25519_stanza_is_for_the_key_or_skipped_or_refused()
    {
        var good = Stanza("074-ssh-ed25519");
        var share = good.Arguments[1];

        Assert.Equal(16, Ed25519.Unwrap(good)?.Length);
        Assert.Null(Ed25519.Unwrap(good with { Arguments = ["AAAAAA", share] }));
        Assert.Null(Ed25519.Unwrap(good with { Type = "ssh-rsa" }));
        Assert.Contains("does not open", Fault(Ed25519, good with { Body = [.. good.Body[..^1], (byte)(good.Body[^1] ^ 1)] }), StringComparison.Ordinal);
        Assert.Contains("does not open", Fault(Ed25519, good with { Arguments = [good.Arguments[0], Unpadded([9, .. new byte[31]])] }), StringComparison.Ordinal);
        Assert.Contains("low order", Fault(Ed25519, good with { Arguments = [good.Arguments[0], Unpadded(new byte[32])] }), StringComparison.Ordinal);
        Stanza[] malformed =
        [
            good with { Arguments = [good.Arguments[0]] },
            good with { Arguments = [.. good.Arguments, "x"] },
            good with { Arguments = [good.Arguments[0], share[1..]] },
            good with { Arguments = ["AAAAAA", share[1..]] },
            good with { Arguments = [good.Arguments[0], share + "="] },
            good with { Body = [.. good.Body, 0] },
            good with { Body = good.Body[1..] },
        ];
        Assert.All(malformed, stanza => Assert.Contains("malformed", Fault(Ed25519, stanza), StringComparison.Ordinal));
    }

    [Fact]
    public void A_key_prints_its_public_half_and_its_fingerprint_is_that_of_ssh_keygen()
    {
        var line = File.ReadAllText(SopsCase.Key("ssh_rsa.pub"));

        var key = SshPublicKey.TryParse(line)!;

        Assert.Equal(string.Join(' ', line.Split(' ').Take(2)), key.Line);
        Assert.Equal(key.Line, SshKey.Parse(File.ReadAllBytes(SopsCase.Key("ssh_rsa"))).Single().ToString());
        Assert.Equal($"ssh-rsa SHA256:{Unpadded(SHA256.HashData(key.Wire))}", key.Fingerprint);
    }

    [Theory]
    [InlineData("ssh-ed25519")]
    [InlineData("ssh-ed25519 ")]
    [InlineData("ssh-ed25519 AAAA")]
    [InlineData("ssh-ed25519 AAAAB3NzaC1yc2E=")]
    [InlineData("ssh-rsa AAAAC3NzaC1lZDI1NTE5")]
    [InlineData("ecdsa-sha2-nistp256 AAAA")]
    [InlineData("")]
    public void What_is_no_public_key_of_the_two_kinds_has_no_name(string line) => Assert.Null(SshPublicKey.TryParse(line));

    private static Stanza RsaStanza(byte[] fileKey, string label = "age-encryption.org/v1/ssh-rsa")
    {
        var text = AgeWriter.Rsa(RsaPair.ExportParameters(includePrivateParameters: false), label)(fileKey);
        return Header.Parse(Encoding.ASCII.GetBytes($"age-encryption.org/v1\n{text}--- {Unpadded(new byte[32])}\n")).Stanzas.Single();
    }

    private static Stanza Stanza(string name)
    {
        var line = SopsCase.Named(name).Text.Split('\n').First(l => l.StartsWith("sops_age__list_0__map_enc=", StringComparison.Ordinal));
        var armor = line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..].Replace(@"\n", "\n", StringComparison.Ordinal);
        return Header.Parse(Armor.Decode(Encoding.ASCII.GetBytes(armor))).Stanzas.Single();
    }

    private static string Fault(Identity identity, Stanza stanza) => Assert.Throws<FormatException>(() => identity.Unwrap(stanza)).Message;

    private static string Unpadded(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');
}
