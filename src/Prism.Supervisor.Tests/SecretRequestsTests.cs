using System.Text.Json;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Tests;

public sealed class SecretRequestsTests
{
    [Theory]
    [InlineData("{}", Unauthenticated.Named)]
    [InlineData("""{ "secrets": { "unauthenticated": "refuse" } }""", Unauthenticated.Refuse)]
    [InlineData("""{ "secrets": { "unauthenticated": "allow" } }""", Unauthenticated.Allow)]
    public void The_policy_is_the_one_that_was_configured(string json, object expected)
    {
        var policy = SecretRequests.From(Options(json), "/file").Policy;

        Assert.Equal(expected, policy.Unauthenticated);
        Assert.False(policy.AllowsSteering);
    }

    [Fact]
    public void Named_is_what_is_required_stands_in_a_group_or_is_allowed_and_only_the_last_may_steer()
    {
        var request = SecretRequests.From(Options("""{ "secrets": { "required": ["A"], "together": [["B", "C"]], "allowNames": ["D"] } }"""), "/file");

        Assert.Equal(["A", "B", "C", "D"], request.Policy.Named);
        Assert.Equal(["D"], request.Policy.AllowNames);
    }

    [Fact]
    public void What_no_child_gets_is_told_by_name()
    {
        SecretEnvironment values = new([new("SECRET_KEY", new Secret("x")), new("NOTIFY_SOCKET", new Secret("y")), new("SOPS_AGE_KEY", new Secret("z"))]);

        Assert.Equal("/file: never passed to the site, whoever sets them: NOTIFY_SOCKET, SOPS_AGE_KEY", Assert.Single(SecretRequests.NeverPassed(values, "/file")));
        Assert.Empty(SecretRequests.NeverPassed(new SecretEnvironment([new("SECRET_KEY", new Secret("x"))]), "/file"));
    }

    private static SecretsOptions Options(string json)
    {
        using var document = JsonDocument.Parse(json);
        var faults = new List<string>();
        var options = OptionsReader.Read(new Settings(document.RootElement, new Dictionary<string, string>(), faults), new Dictionary<string, string>());
        Assert.Empty(faults);
        return options.Secrets;
    }
}
