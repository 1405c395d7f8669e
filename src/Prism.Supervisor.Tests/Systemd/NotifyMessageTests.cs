using System.Text;
using CsCheck;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor.Tests.Systemd;

public sealed class NotifyMessageTests
{
    [Fact]
    public void Gunicorns_word_is_understood()
    {
        var message = Parse("READY=1\nSTATUS=Gunicorn arbiter booted\nMONOTONIC_USEC=12");

        Assert.True(message.SaysReady);
        Assert.Equal("Gunicorn arbiter booted", message.Assignments.Single(one => one.Key == "STATUS").Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("READY")]
    [InlineData("READY=0")]
    [InlineData("READY=11")]
    [InlineData("READY= 1")]
    [InlineData(" READY=1")]
    [InlineData("ready=1")]
    [InlineData("STATUS=READY=1")]
    [InlineData("=1\n\n\n")]
    public void Nothing_else_means_ready(string text) => Assert.False(Parse(text).SaysReady);

    [Fact]
    public void Any_datagram_is_some_message() =>
        Gen.Byte.Array[0, 200].Sample(bytes => Assert.All(NotifyMessage.Parse(bytes).Assignments, one => Assert.NotEmpty(one.Key)));

    private static NotifyMessage Parse(string text) => NotifyMessage.Parse(Encoding.UTF8.GetBytes(text));
}
