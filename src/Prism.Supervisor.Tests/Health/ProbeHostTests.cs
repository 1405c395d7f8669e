using Prism.Supervisor.Health;

namespace Prism.Supervisor.Tests.Health;

public sealed class ProbeHostTests
{
    [Theory]
    [InlineData("prism.example,www.prism.example", "prism.example")]
    [InlineData("prism.example www.prism.example", "prism.example")]
    [InlineData(" .prism.example", "prism.example")]
    [InlineData("*,prism.example", "prism.example")]
    [InlineData("[\"prism.example\"]", "prism.example")]
    [InlineData("['prism.example', 'other']", "prism.example")]
    [InlineData("[::1]", "[::1]")]
    [InlineData("prism/example,pr\u00efsm.example,prism.example", "prism.example")]
    [InlineData("[::1],prism.example", "[::1]")]
    [InlineData("[\"[::1]\", \"prism.example\"]", "[::1]")]
    [InlineData("::1,prism.example", "prism.example")]
    [InlineData("[foo],[::1", "127.0.0.1")]
    [InlineData("a:b:c a/b a:80 prism.example", "prism.example")]
    [InlineData("my_site,prism.example", "prism.example")]
    [InlineData("b\u00fccher.example\tprism.example\n", "prism.example")]
    [InlineData("\"", "127.0.0.1")]
    [InlineData("*", "127.0.0.1")]
    [InlineData(".", "127.0.0.1")]
    [InlineData("", "127.0.0.1")]
    [InlineData(null, "127.0.0.1")]
    public void It_is_the_first_name_that_django_allows_and_a_request_can_carry(string? allowedHosts, string expected) =>
        Assert.Equal(expected, ProbeHost.From(null, allowedHosts, "127.0.0.1"));

    [Fact]
    public void What_is_configured_wins() =>
        Assert.Equal("inside.example:8000", ProbeHost.From("inside.example:8000", "prism.example", "127.0.0.1"));
}
