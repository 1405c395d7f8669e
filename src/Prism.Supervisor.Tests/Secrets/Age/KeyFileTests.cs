using System.Text;
using CsCheck;
using Prism.Supervisor.Secrets.Age;

namespace Prism.Supervisor.Tests.Secrets.Age;

public sealed class KeyFileTests
{
    private static readonly string Alice = File.ReadAllLines(SopsCase.Key("alice.txt"))[2];

    [Theory]
    [InlineData("alice.txt", 1)]
    [InlineData("bare_no_newline.txt", 1)]
    [InlineData("crlf.txt", 1)]
    [InlineData("multi_stranger_then_alice.txt", 2)]
    public void A_key_file_may_hold_comments_and_several_keys(string name, int keys) =>
        Assert.Equal(keys, KeyFile.Parse(File.ReadAllBytes(SopsCase.Key(name))).Count);

    [Theory]
    [InlineData("bad_checksum.txt", "line 1 is a mistyped or damaged key")]
    [InlineData("bom.txt", "line 1 begins with a byte order mark")]
    [InlineData("empty.txt", "holds no key")]
    [InlineData("only_comments.txt", "holds no key")]
    [InlineData("garbage_then_alice.txt", "line 1 is not an age key")]
    [InlineData("indented_comment.txt", "line 1 has a blank before or after")]
    [InlineData("leading_space.txt", "line 1 has a blank before or after")]
    [InlineData("trailing_space.txt", "line 1 has a blank before or after")]
    [InlineData("lowercase.txt", "line 1 is in lower case")]
    [InlineData("pq.txt", "is a post-quantum key")]
    [InlineData("public_key_instead.txt", "line 1 is a public key")]
    [InlineData("ssh_ed25519", "line 1 begins an ssh or PEM key")]
    [InlineData("ssh_ed25519.pub", "line 1 is an ssh public key")]
    [InlineData("two_on_one_line.txt", "line 1 holds more than one key")]
    public void A_bad_key_file_is_refused_with_its_line_and_its_fault(string name, string fault) =>
        Assert.Contains(fault, Fault(File.ReadAllBytes(SopsCase.Key(name))), StringComparison.Ordinal);

    [Theory]
    [InlineData("AGE-PLUGIN-YUBIKEY-1QQQQ", "line 1 is the key of an age plugin")]
    [InlineData("age-encryption.org/v1\n-> scrypt x 18\n", "encrypted with a passphrase")]
    [InlineData("-----BEGIN AGE ENCRYPTED FILE-----\n", "encrypted with a passphrase")]
    public void Keys_of_other_kinds_are_refused_by_name(string text, string fault) =>
        Assert.Contains(fault, Fault(Encoding.UTF8.GetBytes(text)), StringComparison.Ordinal);

    [Fact]
    public void A_whole_key_of_another_kind_is_passed_over_when_somebody_hears_of_it_and_a_damaged_one_never()
    {
        var plugin = Bech32.Encode("age-plugin-yubikey-"u8, [1, 2, 3]).ToUpperInvariant();
        var quantum = File.ReadAllLines(SopsCase.Key("pq.txt")).Single(line => line.StartsWith("AGE-", StringComparison.Ordinal));
        var others = new List<string>();

        var keys = KeyFile.Parse(Encoding.ASCII.GetBytes($"{plugin}\n{Alice}\n{quantum}\n"), others);

        Assert.Single(keys);
        Assert.Equal(2, others.Count);
        Assert.StartsWith("line 1 is the key of an age plugin", others[0], StringComparison.Ordinal);
        Assert.StartsWith("line 3 is a post-quantum key", others[1], StringComparison.Ordinal);
        Assert.Contains("line 1 is the key of an age plugin", Fault(Encoding.ASCII.GetBytes($"{plugin}\n{Alice}\n")), StringComparison.Ordinal);
        Assert.All([plugin[..^1], quantum[..^1], "AGE-PLUGIN-", "AGE-PLUGIN-1"], damaged =>
            Assert.Throws<FormatException>(() => KeyFile.Parse(Encoding.ASCII.GetBytes($"{Alice}\n{damaged}\n"), others)));
    }

    [Fact]
    public void The_variable_may_hold_several_keys_on_a_line() =>
        Assert.Equal(3, KeyFile.ParseVariable(Encoding.ASCII.GetBytes($" {Alice}\t{Alice} \n# {Alice}\n{Alice}")).Count);

    [Fact]
    public void A_key_knows_its_recipient_and_prints_nothing_else()
    {
        var key = KeyFile.Parse(Encoding.ASCII.GetBytes(Alice)).Single();

        Assert.Equal("age13ppnj4q0pf8ds3c4exsu9dc5kcyshnv6vn2g4cea3fcrc38eeq9smw090k", key.ToString());
    }

    [Fact]
    public void A_key_with_one_letter_changed_is_never_taken_and_never_quoted() =>
        Gen.Select(Gen.Int[0, Alice.Length - 1], Gen.Char[' ', '~']).Where((i, c) => Alice[i] != c).Sample((i, c) =>
        {
            // A line that begins with # is a comment, and then there is no key at all.
            var fault = Fault(Encoding.ASCII.GetBytes(Alice.Remove(i, 1).Insert(i, c.ToString())));

            return !fault.Contains(Alice[^20..^10], StringComparison.Ordinal) && !fault.Contains(Alice[20..30], StringComparison.Ordinal);
        });

    private static string Fault(byte[] text) => Assert.Throws<FormatException>(() => KeyFile.Parse(text)).Message;
}
