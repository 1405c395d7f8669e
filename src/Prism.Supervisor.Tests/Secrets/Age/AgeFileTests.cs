using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Prism.Supervisor.Secrets.Age;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Secrets.Age;

public sealed class AgeFileTests
{
    private static readonly RSA RsaPair = RSA.Create(2048);

    /// <summary>A recipient of each kind, with what makes its stanza and what opens it.</summary>
    private static readonly (Func<byte[], string> Stanza, Identity Identity)[] Parties = [.. Natives(), .. SshKeys(), (AgeWriter.Rsa(RsaPair.ExportParameters(false)), SshKey.Parse(Encoding.ASCII.GetBytes(RsaPair.ExportRSAPrivateKeyPem()))[0])];

    [Fact]
    public void What_is_written_for_any_recipients_each_of_them_reads_and_nobody_else() =>
        Gen.Select(Gen.Byte.Array[0, 100], Gen.Int[0, Parties.Length - 1].Array[1, 8]).Sample(
            (content, chosen) =>
            {
                var file = AgeFile.ParseArmored(Encoding.ASCII.GetBytes(SopsWriter.Armored(AgeWriter.Write(content, chosen.Select(i => Parties[i].Stanza)))));
                return Enumerable.Range(0, Parties.Length).All(i => file.Open(Parties[i].Identity) is { } opened ? chosen.Contains(i) && opened.SequenceEqual(content) : !chosen.Contains(i));
            },
            iter: 200);

    [Fact]
    public void One_flipped_bit_anywhere_in_an_age_file_is_refused()
    {
        var file = AgeWriter.Write(RandomNumberGenerator.GetBytes(32), Parties.Where((_, i) => i % 2 == 0).Select(p => p.Stanza));

        for (var i = 0; i < file.Length * 8; i++)
        {
            var spoiled = file.ToArray();
            spoiled[i / 8] ^= (byte)(1 << (i % 8));

            Assert.Equal("refused", Outcome(spoiled, Parties[0].Identity));
            Assert.Equal("refused", Outcome(spoiled, Parties[2].Identity));
        }

        Assert.Equal("opened", Outcome(file, Parties[0].Identity));
        Assert.Equal("opened", Outcome(file, Parties[2].Identity));
    }

    [Fact]
    public void One_byte_changed_in_the_armor_is_refused_or_armor_of_the_same_file()
    {
        var file = AgeWriter.Write(RandomNumberGenerator.GetBytes(32), Parties[0].Stanza);
        var armor = Encoding.ASCII.GetBytes(SopsWriter.Armored(file));

        for (var i = 0; i < armor.Length * 256; i++)
        {
            var spoiled = armor.ToArray();
            spoiled[i / 256] = (byte)i;
            if (!spoiled.SequenceEqual(armor) && Decode(spoiled) is { } decoded && !decoded.SequenceEqual(file))
            {
                Assert.Equal("refused", Outcome(decoded, Parties[0].Identity));
            }
        }
    }

    private static string Outcome(byte[] bytes, Identity identity)
    {
        try
        {
            return AgeFile.Parse(bytes).Open(identity) is null ? "refused" : "opened";
        }
        catch (FormatException)
        {
            return "refused";
        }
    }

    private static byte[]? Decode(byte[] armor)
    {
        try
        {
            return Armor.Decode(armor);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static IEnumerable<(Func<byte[], string>, Identity)> Natives() => Enumerable.Range(0, 2).Select(_ =>
    {
        var key = SopsWriter.NewKey();
        return (AgeWriter.X25519(key.Recipient), (Identity)X25519Identity.TryParse(Encoding.ASCII.GetBytes(key.Identity))!);
    });

    private static IEnumerable<(Func<byte[], string>, Identity)> SshKeys() => Enumerable.Range(0, 2).SelectMany(_ =>
    {
        var seed = RandomNumberGenerator.GetBytes(32);
        var identities = SshKey.Parse(Encoding.ASCII.GetBytes(SshKeyWriter.Ed25519Key(seed)));
        return new[] { (AgeWriter.Ed25519(seed), identities[0]), (AgeWriter.X25519(identities[1].Recipient), identities[1]) };
    });
}
