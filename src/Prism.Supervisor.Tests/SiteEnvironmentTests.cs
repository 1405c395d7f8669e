using Prism.Supervisor.Secrets;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests;

public sealed class SiteEnvironmentTests
{
    [Theory]
    [InlineData("NOTIFY_SOCKET")]
    [InlineData("WATCHDOG_USEC")]
    [InlineData("WATCHDOG_PID")]
    [InlineData("LISTEN_FDS")]
    [InlineData("LISTEN_PID")]
    [InlineData("LISTEN_FDNAMES")]
    [InlineData("FDSTORE")]
    [InlineData("MAINPID")]
    [InlineData("MANAGERPID")]
    [InlineData("SYSTEMD_EXEC_PID")]
    [InlineData("CREDENTIALS_DIRECTORY")]
    [InlineData("JOURNAL_STREAM")]
    [InlineData("INVOCATION_ID")]
    [InlineData("MONITOR_EXIT_CODE")]
    [InlineData("MEMORY_PRESSURE_WATCH")]
    [InlineData("SOPS_AGE_KEY")]
    [InlineData("SOPS_AGE_KEY_FILE")]
    [InlineData("PRISM_SUPERVISOR_BIND")]
    public void What_was_meant_for_us_alone_never_passes(string name)
    {
        var given = new Dictionary<string, string> { [name] = "1", ["OTHER"] = "1" };
        var passing = TestOptions.Default with { PassEnvironment = ["*", name] };
        var setting = TestOptions.Default with { Environment = given };

        Assert.Equal(["OTHER"], SiteEnvironment.Build(passing, given, []).Names);
        Assert.Equal(["OTHER"], SiteEnvironment.Build(setting, TestOptions.NoEnvironment, []).Names);
        Assert.Equal(["OTHER"], SiteEnvironment.Build(TestOptions.Default, TestOptions.NoEnvironment, given.Select(pair => KeyValuePair.Create(pair.Key, new Secret(pair.Value)))).Names);
    }

    [Fact]
    public void By_default_only_the_usual_and_the_sites_own_names_pass()
    {
        var own = new[] { "PATH", "LC_ALL", "POSTGRES_HOST", "PRISM_RELEASE", "SECRET_KEY", "AWS_SECRET_ACCESS_KEY", "SSH_AUTH_SOCK", "LD_PRELOAD", "PYTHONPATH", "PATHS", "GUNICORN_CMD_ARGS" }
            .ToDictionary(name => name, _ => "1");

        var environment = SiteEnvironment.Build(TestOptions.Default, own, []);

        Assert.Equal(["LC_ALL", "PATH", "POSTGRES_HOST", "PRISM_RELEASE", "SECRET_KEY"], environment.Names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Secrets_win_over_settings_and_settings_over_what_we_were_given()
    {
        var options = TestOptions.Default with
        {
            PassEnvironment = ["*"],
            Environment = new Dictionary<string, string> { ["B"] = "setting", ["C"] = "setting" },
        };
        var own = new Dictionary<string, string> { ["A"] = "own", ["B"] = "own", ["C"] = "own" };

        var environment = SiteEnvironment.Build(options, own, [new("C", new Secret("secret"))]);

        Assert.Equal(["A=own", "B=setting", "C=secret"], environment.Reveal().Order(StringComparer.Ordinal));
    }
}
