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
    [InlineData("[0:0::1]:80", "[::1]:80")]
    [InlineData("unix:/run/prism-django/prism.sock", "unix:/run/prism-django/prism.sock")]
    [InlineData("unix:///run/prism.sock", "unix:/run/prism.sock")]
    [InlineData("unix:/run//x/../prism.sock", "unix:/run/prism.sock")]
    [InlineData("unix:/run/a b:8000", "unix:/run/a b:8000")]
    public void An_address_is_read_as_gunicorn_reads_it(string text, string printed)
    {
        Assert.True(BindAddress.TryParse(text, out var address, out _));
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
    [InlineData("fd://3")]
    [InlineData("UNIX:/run/prism.sock")]
    public void Anything_else_is_not(string text)
    {
        Assert.False(BindAddress.TryParse(text, out var address, out var fault));
        Assert.Null(address);
        Assert.StartsWith("must be an address and port such as 127.0.0.1:8000 or [::1]:8000, or unix: and a path", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unix:")]
    [InlineData("unix:prism.sock")]
    [InlineData("unix://run/prism.sock")]
    [InlineData("unix:@prism")]
    [InlineData("unix:/")]
    [InlineData("unix:/run/")]
    [InlineData("unix:/run/a\nb")]
    public void A_path_is_that_of_a_file_from_the_root_on(string text)
    {
        Assert.False(BindAddress.TryParse(text, out _, out var fault));
        Assert.Equal("must have the absolute path of a file after unix:", fault);
    }

    [Fact]
    public void A_path_that_no_socket_can_have_is_refused_by_its_length_in_bytes()
    {
        Assert.True(BindAddress.TryParse($"unix:/{new string('x', 106)}", out _, out _));
        Assert.False(BindAddress.TryParse($"unix:/{new string('ü', 53)}x", out _, out var fault));
        Assert.Equal("must have a path of at most 107 bytes after unix: (unix(7)); this one has 108", fault);
    }

    [Theory]
    [InlineData("127.0.0.1:80", "127.0.0.1:80", true)]
    [InlineData("127.0.0.1:80", "127.0.0.1:81", false)]
    [InlineData("0.0.0.0:80", "127.0.0.1:80", true)]
    [InlineData("[::1]:80", "[::]:80", true)]
    [InlineData("0.0.0.0:80", "[::]:80", false)]
    [InlineData("[::1]:80", "[0::1]:80", true)]
    [InlineData("unix:/run/a", "unix:/run/./a", true)]
    [InlineData("unix:/run/a", "unix:/run/b", false)]
    [InlineData("unix:/run/a", "127.0.0.1:80", false)]
    public void Two_overlap_when_one_process_cannot_listen_on_both(string one, string other, bool overlap)
    {
        Assert.True(BindAddress.TryParse(one, out var first, out _));
        Assert.True(BindAddress.TryParse(other, out var second, out _));

        Assert.Equal((overlap, overlap), (first!.Overlaps(second!), second!.Overlaps(first)));
    }
}
