using Prism.Supervisor.Configuration;

namespace Prism.Supervisor.Tests.Configuration;

public sealed class BindAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:8000", "127.0.0.1:8000")]
    [InlineData("0.0.0.0:80", "0.0.0.0:80")]
    [InlineData("localhost:8000", "127.0.0.1:8000")]
    [InlineData("[::1]:8000", "[::1]:8000")]
    [InlineData("[::]:65535", "[::]:65535")]
    public void An_address_and_a_port_are_read(string text, string printed)
    {
        Assert.True(BindAddress.TryParse(text, out var address));
        Assert.Equal(printed, address!.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData(":8000")]
    [InlineData("8000")]
    [InlineData("1:8000")]
    [InlineData("127.1:8000")]
    [InlineData("0x7f.0.0.1:8000")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("127.0.0.1: 8000")]
    [InlineData(" 127.0.0.1:8000")]
    [InlineData("127.0.0.256:8000")]
    [InlineData("prism.example:8000")]
    [InlineData("::1:8000")]
    [InlineData("[::1:8000")]
    [InlineData("[127.0.0.1]:8000")]
    [InlineData("[:8000")]
    [InlineData("[]:8000")]
    [InlineData("unix:/run/prism.sock")]
    [InlineData("fd://3")]
    public void Anything_else_is_not(string text)
    {
        Assert.False(BindAddress.TryParse(text, out var address));
        Assert.Null(address);
    }
}
