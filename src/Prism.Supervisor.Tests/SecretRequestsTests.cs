using Prism.Supervisor.Secrets;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests;

/// <summary>Which file the configuration's words mean, and what a command line changes of it.</summary>
public sealed class SecretRequestsTests : IDisposable
{
    private readonly TempFolder credentials = new();

    [Fact]
    public void A_credential_is_a_file_of_the_directory_that_systemd_names()
    {
        var file = credentials.Write("prism.env", "");

        Assert.Equal(file, FileOf("prism.env", credentials.Path));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Without_the_directory_the_unit_is_to_get_a_line(string? folder) =>
        Assert.Equal(
            "secrets.credential prism.env: systemd passed no credentials ($CREDENTIALS_DIRECTORY is not set); add LoadCredential=prism.env:/path/of/the/file to the unit",
            Assert.Throws<StartupException>(() => FileOf("prism.env", folder)).Message);

    [Fact]
    public void A_credential_that_is_not_there_is_named_with_the_directory()
    {
        var refusal = Assert.Throws<StartupException>(() => FileOf("prism.env", credentials.Path));

        Assert.Equal((ExitCode.SecretsRefused, $"secrets.credential prism.env: is not among the credentials of this unit ({credentials.Path}); add LoadCredential=prism.env:/path/of/the/file to it"), (refusal.Code, refusal.Message));
    }

    [Fact]
    public void Without_a_credential_the_file_is_meant_if_there_is_one()
    {
        Assert.Equal("/a.env", SecretRequests.FileOf(TestOptions.Default.Secrets with { File = "/a.env" }, TestOptions.NoEnvironment));
        Assert.Null(SecretRequests.FileOf(TestOptions.Default.Secrets, TestOptions.NoEnvironment));
    }

    [Fact]
    public void What_the_command_line_says_goes_before_the_configuration_and_allow_lets_all_pass()
    {
        var configured = SecretRequests.From(TestOptions.Default.Secrets with { Dialect = "sops", Unauthenticated = "refuse", Required = ["A"] }, "/a.env");

        var (silent, named, all) = (SecretRequests.Override(configured, null, null), SecretRequests.Override(configured, "systemd", "named"), SecretRequests.Override(configured, null, "allow"));

        Assert.Equal(configured, silent);
        Assert.Equal((SecretDialect.Systemd, configured.Policy with { Unauthenticated = Unauthenticated.Named }), (named.Dialect, named.Policy));
        Assert.Equal((SecretDialect.Sops, SecretPolicy.AllowAll), (all.Dialect, all.Policy));
        Assert.Equal(["A"], all.Required);
    }

    [Fact]
    public void Of_a_file_alone_nothing_is_required_and_nothing_passes_unnamed()
    {
        var alone = SecretRequests.Alone("/a.env", "sops");

        Assert.Equal((SecretFormat.Sops, SecretDialect.Systemd, Unauthenticated.Named), (alone.Format, alone.Dialect, alone.Policy.Unauthenticated));
        Assert.Empty(alone.Required.Concat(alone.Policy.Named).Concat(alone.Policy.AllowNames));
    }

    public void Dispose() => credentials.Dispose();

    private static string? FileOf(string credential, string? folder) => SecretRequests.FileOf(
        TestOptions.Default.Secrets with { Credential = credential },
        folder is null ? TestOptions.NoEnvironment : new Dictionary<string, string> { ["CREDENTIALS_DIRECTORY"] = folder });
}
