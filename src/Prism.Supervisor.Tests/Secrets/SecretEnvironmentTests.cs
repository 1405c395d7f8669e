using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Tests.Secrets;

public sealed class SecretEnvironmentTests
{
    [Fact]
    public void The_last_duplicate_wins_in_the_place_of_the_first()
    {
        var environment = new SecretEnvironment([Pair("A", "1"), Pair("B", "2"), Pair("A", "3"), Pair("a", "4")]);

        Assert.Equal(["A=3", "B=2", "a=4"], environment.Select(p => $"{p.Key}={p.Value.Reveal()}"));
        Assert.True(environment.Contains("a") && environment.TryGet("B", out _) && !environment.Contains("b"));
    }

    [Fact]
    public void It_prints_its_count_and_never_a_value()
    {
        var environment = new SecretEnvironment([Pair("A", "canary")]);

        Assert.Equal("1 secrets", environment.ToString());
        Assert.Equal("[A, ***]", environment.Single().ToString());
    }

    private static KeyValuePair<string, Secret> Pair(string name, string value) => KeyValuePair.Create(name, new Secret(value));
}
