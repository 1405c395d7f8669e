using System.Text;
using CsCheck;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Tests.Secrets;

public sealed class StrictBase64Tests
{
    [Theory]
    [InlineData("QR==", true)]
    [InlineData("QUJ=", true)]
    [InlineData("QQ", true)]
    [InlineData("QQ=", true)]
    [InlineData("QQ==\n", true)]
    [InlineData("Q Q==", true)]
    [InlineData("QQ==QQ==", true)]
    [InlineData("-_==", true)]
    [InlineData("====", true)]
    [InlineData("QR", false)]
    [InlineData("QUJ", false)]
    [InlineData("QQ==", false)]
    [InlineData("Q", false)]
    [InlineData("QQ\r", false)]
    public void A_second_spelling_of_bytes_is_refused(string text, bool padded) => Assert.Null(StrictBase64.Decode(Encoding.ASCII.GetBytes(text), padded));

    [Fact]
    public void The_one_spelling_is_taken() => Gen.Byte.Array[0, 100].Sample(bytes =>
        Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes)) is var text
        && StrictBase64.Decode(text, padded: true)!.SequenceEqual(bytes)
        && StrictBase64.Decode(text.AsSpan().TrimEnd((byte)'='), padded: false)!.SequenceEqual(bytes));
}
