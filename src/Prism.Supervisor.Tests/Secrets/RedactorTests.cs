using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Tests.Secrets;

public sealed class RedactorTests
{
    private static readonly Redactor Redactor = new(
    [
        new("SECRET_KEY", new Secret("a-very-long-secret")),
        new("POSTGRES_USER", new Secret("prism_production")),
        new("SHORT", new Secret("short")),
        new("PEM", new Secret("-----BEGIN KEY-----\nMC4CAQAwBQ\n")),
    ]);

    [Theory]
    [InlineData("key=a-very-long-secret!", "key=***!")]
    [InlineData("for user prism_production", "for user prism_production")]
    [InlineData("a short word", "a short word")]
    [InlineData("line MC4CAQAwBQ of a key", "line *** of a key")]
    [InlineData("cut in the middle: a-very-lo…", "cut in the middle: ***…")]
    [InlineData("cut elsewhere…", "cut elsewhere…")]
    public void Values_go_and_ordinary_words_stay(string said, string expected) => Assert.Equal(expected, Redactor.Redact(said));
}
