using System.Text.Json;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Configuration;

/// <summary>Values that would only fail later, or do something else in silence: refused when they are read.</summary>
public sealed class RefusedSettingsTests : IDisposable
{
    // MAX_ARG_STRLEN of execve(2), less the NUL.
    private const int LongestString = 131071;

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("[foo")]
    [InlineData("[foo]")]
    [InlineData("foo]")]
    [InlineData("[::1]x")]
    [InlineData("::1")]
    [InlineData("a/b")]
    [InlineData("a:b:c")]
    [InlineData("a:b")]
    [InlineData("a:0")]
    [InlineData("a:")]
    [InlineData(":80")]
    [InlineData("[fe80::1%eth0]")]
    [InlineData("")]
    public void A_host_that_no_header_can_carry(string host) =>
        Assert.Contains("health.host must be a host name", Refused("health", new { host }), StringComparison.Ordinal);

    [Theory]
    [InlineData("prism.example")]
    [InlineData("prism.example:8443")]
    [InlineData("my_site")]
    [InlineData("127.0.0.1:80")]
    [InlineData("[::1]")]
    [InlineData("[::ffff:127.0.0.1]:8000")]
    [InlineData("xn--bcher-kva.example")]
    public void A_host_that_a_header_can_carry_is_taken(string host) =>
        Assert.Equal(host, Read("health", new { host }).Health.Host);

    [Fact]
    public void A_host_in_letters_of_its_own_language_belongs_into_punycode() =>
        Assert.Contains("health.host must be written in punycode (xn--…), not 'bücher.example'", Refused("health", new { host = "bücher.example" }), StringComparison.Ordinal);

    [Theory]
    [InlineData("Content-Type", "text/plain", "about a connection or a body")]
    [InlineData("content-length", "0", "about a connection or a body")]
    [InlineData("Transfer-Encoding", "chunked", "about a connection or a body")]
    [InlineData("Connection", "keep-alive", "about a connection or a body")]
    [InlineData("Expect", "100-continue", "about a connection or a body")]
    [InlineData("host", "prism.example", "is set with health.host")]
    [InlineData("X-Name", "bücher", "must be printable ASCII")]
    [InlineData("X-Näme", "x", "is no header")]
    [InlineData("", "x", "is no header")]
    public void A_header_that_no_probe_can_carry(string name, string value, string words)
    {
        var message = Refused("health", new { headers = new Dictionary<string, string> { [name] = value } });

        Assert.Contains($"health.headers.{name} ", message, StringComparison.Ordinal);
        Assert.Contains(words, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/a#b")]
    [InlineData("/a b")]
    [InlineData("a")]
    public void A_path_that_is_no_request_target(string path) =>
        Assert.Contains("health.path must start with /", Refused("health", new { path }), StringComparison.Ordinal);

    [Theory]
    [InlineData("stateDirectory")]
    [InlineData("runtimeDirectory")]
    [InlineData("secrets.file")]
    [InlineData("gunicorn.command")]
    [InlineData("steps.migrate")]
    [InlineData("steps.collectstatic")]
    [InlineData("passEnvironment")]
    public void A_nul_would_cut_the_rest_off(string setting)
    {
        var value = setting.EndsWith("Directory", StringComparison.Ordinal) || setting == "secrets.file" ? (object)"/a\0b" : new[] { "a", "b\0c" };
        var names = setting.Split('.');

        var message = names is [var name] ? Refused(name, value) : Refused(names[0], new Dictionary<string, object> { [names[1]] = value });

        Assert.Contains($"{setting} holds a NUL", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("./server")]
    [InlineData("bin/server")]
    [InlineData("../server")]
    [InlineData("")]
    public void A_command_depends_on_no_working_directory(string program)
    {
        var command = new[] { program, "x" };
        var message = Refused(new { gunicorn = new { command }, steps = new { migrate = command, collectstatic = command } });

        foreach (var setting in new[] { "gunicorn.command", "steps.migrate", "steps.collectstatic" })
        {
            Assert.Contains($"{setting} must begin with an absolute path, or with a plain name to look up on PATH, not '{program}'", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("LISTEN_FDS")]
    [InlineData("SOPS_AGE_KEY")]
    [InlineData("CREDENTIALS_DIRECTORY")]
    [InlineData("WATCHDOG_USEC")]
    [InlineData("NOTIFY_SOCKET")]
    [InlineData("PRISM_SUPERVISOR_BIND")]
    [InlineData("DOTNET_gcServer")]
    public void A_name_that_is_ours_alone_is_no_setting_of_the_site(string name) =>
        Assert.Contains($"environment.{name} is not passed to the site", Refused("environment", new Dictionary<string, string> { [name] = "1" }), StringComparison.Ordinal);

    [Fact]
    public void A_value_may_be_as_long_as_execve_takes_and_no_longer()
    {
        var longest = new Dictionary<string, string> { ["A"] = new('x', LongestString - "A=".Length) };
        var longer = new Dictionary<string, string> { ["A"] = longest["A"] + "x" };

        Assert.Equal(longest["A"], Read("environment", longest).Environment["A"]);
        Assert.Contains("environment.A is longer than the 131072 bytes", Refused("environment", longer), StringComparison.Ordinal);
        Assert.Contains("gunicorn.command has an argument longer than", Refused("gunicorn", new { command = new[] { "g", new string('ä', LongestString / 2 + 1) } }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "health": { "periodSeconds": 1e400 } }""", "health.periodSeconds must be a number from 0.05 to 86400")]
    [InlineData("""{ "health": { "periodSeconds": -1e400 } }""", "health.periodSeconds must be a number from")]
    [InlineData("""{ "health": { "periodSeconds": 0 } }""", "health.periodSeconds must be a number from")]
    [InlineData("""{ "health": { "startPeriodSeconds": 0 } }""", "health.startPeriodSeconds must be a number from")]
    [InlineData("""{ "health": { "timeoutSeconds": 1e-400 } }""", "health.timeoutSeconds must be a number from")]
    [InlineData("""{ "health": { "failureThreshold": -0 } }""", "health.failureThreshold must be a whole number from")]
    [InlineData("""{ "health": { "failureThreshold": "5" } }""", "health.failureThreshold must be a number, not a string")]
    [InlineData("""{ "health": { "periodSeconds": NaN } }""", "no JSON: line 1")]
    [InlineData("""{ "health": { "periodSeconds": Infinity } }""", "no JSON: line 1")]
    [InlineData("""{ "health": { "periodSeconds": 0x5 } }""", "no JSON: line 1")]
    [InlineData("""{ "health": { "periodSeconds": 05 } }""", "no JSON: line 1")]
    [InlineData("""{ "health": { "acceptedStatus": "+200" } }""", "health.acceptedStatus must be status codes")]
    public void An_odd_number(string json, string words) => Assert.Contains(words, RefusedText(json), StringComparison.Ordinal);

    [Theory]
    [InlineData("1e400")]
    [InlineData("NaN")]
    [InlineData("-Infinity")]
    [InlineData("0x5")]
    [InlineData("1,5")]
    [InlineData("0")]
    [InlineData("")]
    public void An_odd_number_in_a_variable(string value)
    {
        var fault = Assert.Throws<StartupException>(() => OptionsReader.Read((string?)null, new Dictionary<string, string> { ["PRISM_SUPERVISOR_HEALTH_PERIOD_SECONDS"] = value }));

        Assert.Equal(ExitCode.Configuration, fault.Code);
        Assert.Matches("(PRISM_SUPERVISOR_HEALTH_PERIOD_SECONDS|health.periodSeconds) must be a number", fault.Message);
    }

    [Fact]
    public void Minus_zero_is_zero() => Assert.Equal(TimeSpan.Zero, Read("steps", new { stopTimeoutSeconds = -0.0 }).Steps.StopTimeout);

    [Theory]
    [InlineData("PRISM_SUPERVISOR_ENVIRONMENT", "environment")]
    [InlineData("PRISM_SUPERVISOR_HEALTH_HEADERS", "health.headers")]
    [InlineData("PRISM_SUPERVISOR_SECRETS_TOGETHER", "secrets.together")]
    public void A_setting_that_no_variable_can_hold_is_named_as_such(string variable, string setting)
    {
        var fault = Assert.Throws<StartupException>(() => OptionsReader.Read((string?)null, new Dictionary<string, string> { [variable] = "A=1" }));

        Assert.Contains($"{variable} overrides nothing: {setting} can be set in the configuration file only", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../prism.env")]
    [InlineData("/etc/prism/prism.env")]
    [InlineData("prism:env")]
    [InlineData("prism env\n")]
    [InlineData("prísm.env")]
    public void A_credential_that_systemd_would_not_name_so(string credential) =>
        Assert.Contains("secrets.credential must be the name of a credential", Refused("secrets", new { credential }), StringComparison.Ordinal);

    [Fact]
    public void A_credential_is_a_plain_name_and_stands_alone()
    {
        Assert.Equal("prism.env", Read("secrets", new { credential = "prism.env" }).Secrets.Credential);
        Assert.Contains("secrets.credential and secrets.file both name the secrets", Refused("secrets", new { credential = "prism.env", file = "/etc/prism/prism.env" }), StringComparison.Ordinal);
    }

    private SupervisorOptions Read(string setting, object value) =>
        OptionsReader.Read(folder.Write("prism.json", Json(setting, value)), TestOptions.NoEnvironment);

    private string Refused(string setting, object value) => RefusedText(Json(setting, value));

    private string Refused(object all) => RefusedText(JsonSerializer.Serialize(all));

    private string RefusedText(string json)
    {
        var fault = Assert.Throws<StartupException>(() => OptionsReader.Read(folder.Write("prism.json", json), TestOptions.NoEnvironment));
        Assert.Equal(ExitCode.Configuration, fault.Code);
        Assert.DoesNotContain(fault.Message, char.IsControl);
        return fault.Message;
    }

    private static string Json(string setting, object value) => JsonSerializer.Serialize(new Dictionary<string, object> { [setting] = value });
}
