using System.Text;
using CsCheck;
using Prism.Supervisor.Secrets.Age;

namespace Prism.Supervisor.Tests.Secrets.Age;

public sealed class Bech32Tests
{
    [Theory]
    [InlineData("a12uel5l", "a")]
    [InlineData("A12UEL5L", "A")]
    [InlineData("an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs", "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio")]
    public void The_examples_of_BIP_173_hold(string text, string prefix) => Assert.Equal([], Decode(text, prefix)!);

    [Theory]
    [InlineData("a12UEL5L", "a")]
    [InlineData("A12uel5l", "A")]
    [InlineData("a12uel5m", "a")]
    [InlineData("a12uel5l", "b")]
    [InlineData("a2uel5l", "a")]
    [InlineData("12uel5l", "")]
    [InlineData("a1uel5l", "a")]
    [InlineData("a12uelbl", "a")]
    [InlineData("", "a")]
    public void Anything_else_is_nothing(string text, string prefix) => Assert.Null(Decode(text, prefix));

    [Fact]
    public void What_is_encoded_is_decoded_and_not_after_a_change() =>
        Gen.Select(Gen.Byte.Array[0, 80], Gen.Int[0, 1000]).Sample((data, at) =>
        {
            var text = Bech32.Encode("age"u8, data);
            var place = 4 + (at % (text.Length - 4));
            var changed = text.Remove(place, 1).Insert(place, text[place] == 'q' ? "p" : "q");

            return Decode(text, "age")!.SequenceEqual(data) && Decode(changed, "age") is null;
        });

    private static byte[]? Decode(string text, string prefix) => Bech32.Decode(Encoding.ASCII.GetBytes(text), Encoding.ASCII.GetBytes(prefix));
}
