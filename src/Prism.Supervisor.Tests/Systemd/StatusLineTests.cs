using System.Text;
using CsCheck;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor.Tests.Systemd;

public sealed class StatusLineTests
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    [Theory]
    [InlineData("Serving on 127.0.0.1:8000", "Serving on 127.0.0.1:8000")]
    [InlineData("two\nlines\r\nand\tmore", "two lines  and more")]
    [InlineData("READY=1\nMAINPID=1", "READY=1 MAINPID=1")]
    [InlineData("\u001b[31mred\u0085\0", " [31mred  ")]
    [InlineData("grün 𝄞", "grün 𝄞")]
    [InlineData("", "")]
    public void It_is_one_line(string text, string expected) => Assert.Equal(expected, StatusLine.From(text));

    [Fact]
    public void Half_a_character_becomes_one_that_can_be_sent() => Assert.Equal("half a \ufffd pair", StatusLine.From("half a \ud834 pair"));

    [Fact]
    public void Whatever_was_said_it_fits_into_one_datagram() =>
        Gen.String[Gen.OneOf(Gen.Char, Gen.Char['\ud800', '\udfff'], Gen.Char['\0', '\u001f']), 0, 6000].Sample(text =>
        {
            var line = StatusLine.From(text);

            Assert.DoesNotContain(line, char.IsControl);
            Assert.InRange(Strict.GetByteCount($"STATUS={line}"), 7, NotifyMessage.LargestDatagram);
        });
}
