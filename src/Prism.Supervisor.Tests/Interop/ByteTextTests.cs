using System.Text;
using CsCheck;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Tests.Interop;

public sealed class ByteTextTests
{
    private static readonly byte[][] Awkward =
        [[0x41], [0xc3, 0xa9], [0xe2, 0x80, 0xa8], [0xf0, 0x9f, 0x98, 0x80], [0xf0, 0x9f], [0xed, 0xa0, 0x80], [0xed, 0xb2, 0x80], [0xc0, 0x80], [0xff], [0x80]];

    [Fact]
    public void Any_bytes_come_back_as_they_were() =>
        Gen.OneOf(Gen.Byte.Array[0, 40], Pieces).Sample(bytes =>
        {
            var text = ByteText.Decode(bytes);
            return ByteText.Encode(text).AsSpan().SequenceEqual(bytes) && ByteText.Length(text) == bytes.Length && ByteText.IsUtf8(text) == System.Text.Unicode.Utf8.IsValid(bytes);
        });

    [Fact]
    public void Text_is_what_UTF_8_says() =>
        Gen.String.Where(text => !text.Any(char.IsSurrogate)).Sample(text => ByteText.Decode(Encoding.UTF8.GetBytes(text)) == text);

    /// <summary>JSON may hold half a pair, which is no text: it must not throw, nor outgrow its buffer.</summary>
    [Fact]
    public void Any_string_at_all_has_as_many_bytes_as_it_says() =>
        Gen.OneOf(Gen.Char['\ud7f0', '\ue010'], Gen.Char['a', 'z']).Array[0, 12].Sample(letters => ByteText.Encode(new string(letters)).Length == ByteText.Length(letters));

    [Theory]
    [InlineData(new byte[] { 0xff }, new[] { 0xdcff })]
    [InlineData(new byte[] { 0xc3, 0x28 }, new[] { 0xdcc3, '(' })]
    [InlineData(new byte[] { 0xed, 0xb2, 0x80 }, new[] { 0xdced, 0xdcb2, 0xdc80 })] // A surrogate in UTF-8 is none: else two texts would have the same bytes.
    [InlineData(new byte[] { 0xf0, 0x9f, 0x98, 0x80 }, new[] { 0xd83d, 0xde00 })]
    public void A_byte_that_is_no_text_becomes_half_a_pair(byte[] bytes, int[] letters) =>
        Assert.Equal(letters, ByteText.Decode(bytes).Select(letter => (int)letter));

    private static Gen<byte[]> Pieces =>
        Gen.Int[0, Awkward.Length - 1].Array[0, 12].Select(pieces => pieces.SelectMany(piece => Awkward[piece]).ToArray());
}
