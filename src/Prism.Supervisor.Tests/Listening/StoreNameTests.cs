using Prism.Supervisor.Configuration;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Listening;

namespace Prism.Supervisor.Tests.Listening;

public sealed class StoreNameTests
{
    [Theory]
    [InlineData("127.0.0.1:8000", "prism-listen-127.0.0.1-8000")]
    [InlineData("[::1]:8000", "prism-listen-[--1]-8000")]
    [InlineData("unix:/run/ü:1", "prism-listen-unix-1b-2a")]
    public void It_is_a_name_that_the_store_takes_and_we_know_again(string address, string expected)
    {
        Assert.True(BindAddress.TryParse(address, out var bind, out _));

        var name = StoreName.Of(bind!, new SocketFile(IsSocket: true, 0x1b, 0x2a));

        Assert.Equal(expected, name);
        Assert.True(StoreName.IsOurs(name));
    }

    [Theory]
    [InlineData("prism-django.socket")]
    [InlineData("age-key")]
    [InlineData("stored")]
    public void What_others_named_is_not_ours(string name) => Assert.False(StoreName.IsOurs(name));
}
