using System.Globalization;
using System.Text.Json;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Configuration;

public sealed class OptionsReaderTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Without_a_file_there_are_defaults()
    {
        var options = TestOptions.Default;

        Assert.Equal("127.0.0.1:8000", Assert.Single(options.Bind).ToString());
        Assert.Equal("0660", Convert.ToString((int)options.BindMode, 8).PadLeft(4, '0'));
        Assert.Equal("/var/lib/prism-django", options.StateDirectory);
        Assert.Equal("/run/prism-django", options.RuntimeDirectory);
        Assert.Equal(["prism-gunicorn"], options.Gunicorn.Command);
        Assert.Equal(TimeSpan.FromSeconds(30), options.Gunicorn.GracefulTimeout);
        Assert.Equal(["SECRET_KEY", "POSTGRES_USER", "POSTGRES_PASSWORD"], options.Secrets.Required);
        Assert.Equal("/", options.Health.Path);
        Assert.Equal(3, options.Health.FailureThreshold);
        Assert.Equal([new StatusRange(200, 399)], options.Health.AcceptedStatus);
    }

    [Fact]
    public void An_empty_object_means_the_same_as_no_file() =>
        Assert.Equal(
            JsonSerializer.Serialize(TestOptions.Default, Printed),
            JsonSerializer.Serialize(Read("{}"), Printed));

    [Theory]
    [InlineData("{}", 600, "postgresql.service")]
    [InlineData("""{ "database": { "waitSeconds": 1.5, "unit": "postgresql.target" } }""", 1.5, "postgresql.target")]
    [InlineData("""{ "database": { "waitSeconds": "unlimited", "unit": "" } }""", -0.001, null)]
    [InlineData("""{ "database": { "waitSeconds": 0, "unit": "postgresql@17-main.service" } }""", 0, "postgresql@17-main.service")]
    public void A_database_is_waited_for_as_long_as_it_is_said(string text, double seconds, string? unit) =>
        Assert.Equal(new DatabaseOptions(TimeSpan.FromSeconds(seconds), unit), Read(text).Database);

    [Fact]
    public void A_variable_may_say_that_it_is_waited_for_without_end() =>
        Assert.Equal(
            Timeout.InfiniteTimeSpan,
            OptionsReader.Read((string?)null, new Dictionary<string, string> { ["PRISM_SUPERVISOR_DATABASE_WAIT_SECONDS"] = "unlimited" }).Database.Wait);

    [Fact]
    public void The_directories_are_the_first_that_systemd_gave()
    {
        var options = OptionsReader.Read((string?)null, new Dictionary<string, string>
        {
            ["STATE_DIRECTORY"] = "/var/lib/a:/var/lib/b",
            ["RUNTIME_DIRECTORY"] = "/run/a",
        });

        Assert.Equal("/var/lib/a", options.StateDirectory);
        Assert.Equal("/run/a", options.RuntimeDirectory);
    }

    [Fact]
    public void Steps_run_when_something_has_changed_unless_it_says_otherwise_or_they_are_forced()
    {
        var usual = TestOptions.Default;
        var other = Read("""{ "release": { "id": "41" }, "steps": { "migrateWhen": "always", "collectstaticWhen": "never" } }""");

        Assert.Equal((null, StepPolicy.Changed, StepPolicy.Changed), (usual.ReleaseId, usual.Steps.MigrateWhen, usual.Steps.CollectstaticWhen));
        Assert.Equal(("41", StepPolicy.Always, StepPolicy.Never), (other.ReleaseId, other.Steps.MigrateWhen, other.Steps.CollectstaticWhen));
        Assert.Equal((StepPolicy.Always, StepPolicy.Always), (other.Steps.Forced().MigrateWhen, other.Steps.Forced().CollectstaticWhen));
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("two\\nlines")]
    [InlineData("a\\u0000")]
    public void A_release_is_called_by_one_word(string id) =>
        Assert.Contains("release.id", Assert.Throws<StartupException>(() => Read($$"""{ "release": { "id": "{{id}}" } }""")).Message, StringComparison.Ordinal);

    [Fact]
    public void Comments_and_trailing_commas_are_welcome()
    {
        var options = Read("""
            {
              // what the operator thought
              "health": { "path": "/healthz", },
            }
            """);

        Assert.Equal("/healthz", options.Health.Path);
    }

    [Fact]
    public void A_command_is_a_list_or_a_line()
    {
        var options = Read("""{ "gunicorn": { "command": ["/bin/a b", "c"] }, "steps": { "migrate": "manage migrate --noinput", "collectstatic": [] } }""");

        Assert.Equal(["/bin/a b", "c"], options.Gunicorn.Command);
        Assert.Equal(["manage", "migrate", "--noinput"], options.Steps.Migrate);
        Assert.Empty(options.Steps.Collectstatic);
    }

    [Fact]
    public void Settings_of_the_site_may_be_numbers_and_booleans()
    {
        var options = Read("""{ "environment": { "WEB_CONCURRENCY": 3, "USE_POSTGRES": true, "EMPTY": "" } }""");

        Assert.Equal("3", options.Environment["WEB_CONCURRENCY"]);
        Assert.Equal("true", options.Environment["USE_POSTGRES"]);
        Assert.Equal("", options.Environment["EMPTY"]);
    }

    [Fact]
    public void Every_fault_is_told_at_once()
    {
        var message = Refused("""
            {
              "bind": "everywhere",
              "health": { "periodSeconds": -1, "failureThreshold": 1.5, "path": "healthz", "acceptedStatus": "2xx" },
              "gunicorn": { "command": [] },
              "secrets": { "file": "relative.env", "format": "gpg" },
              "environment": { "1BAD": "x" },
              "restart": []
            }
            """);

        foreach (var name in new[] { "bind", "health.periodSeconds", "health.failureThreshold", "health.path", "health.acceptedStatus", "gunicorn.command", "secrets.file", "secrets.format", "environment.1BAD", "restart" })
        {
            Assert.Contains(name + " ", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{ "helth": {} }""", "helth is no setting")]
    [InlineData("""{ "health": { "perodSeconds": 3 } }""", "health.perodSeconds is no setting (did you mean health.periodSeconds?)")]
    [InlineData("""{ "Bind": "127.0.0.1:1" }""", "Bind is no setting (did you mean bind?)")]
    [InlineData("""{ "zzzzzzzzzzzzzzzzzzzz": 1 }""", "zzzzzzzzzzzzzzzzzzzz is no setting")]
    [InlineData("""{ "bind": 8000 }""", "bind must be a string, or a list of strings, not a number")]
    [InlineData("""{ "health": "/" }""", "health must be an object, not a string")]
    [InlineData("""{ "health": { "periodSeconds": "3" } }""", "health.periodSeconds must be a number, not a string")]
    [InlineData("""{ "gunicorn": { "command": [1] } }""", "gunicorn.command must be a string, or a list of strings, not a list")]
    [InlineData("""{ "environment": { "A": {} } }""", "environment.A must be a string, a number or a boolean, not an object")]
    [InlineData("""{ "environment": [] }""", "environment must be an object, not a list")]
    [InlineData("""{ "secrets": { "together": [["A"], "B"] } }""", "secrets.together must be a list of lists of strings, not a list")]
    [InlineData("""{ "health": { "failureThreshold": 0 } }""", "health.failureThreshold must be a whole number from 1 to 1000, not 0")]
    [InlineData("""{ "health": { "failureThreshold": 2.5 } }""", "health.failureThreshold must be a whole number from 1 to 1000, not 2.5")]
    [InlineData("""{ "restart": { "limit": 1e400 } }""", "restart.limit must be a whole number")]
    [InlineData("""{ "stateDirectory": "here" }""", "stateDirectory must be an absolute path, not 'here'")]
    [InlineData("""{ "environment": { "A": "\u0000" } }""", "environment.A holds a NUL")]
    [InlineData("""{ "database": { "waitSeconds": "for ever" } }""", "database.waitSeconds must be a number, not a string")]
    [InlineData("""{ "database": { "waitSeconds": -1 } }""", "database.waitSeconds must be a number from 0 to 604800, not -1")]
    [InlineData("""{ "database": { "unit": "postgresql" } }""", "database.unit must be the name of a unit such as postgresql.service or postgresql.target, or empty, not 'postgresql'")]
    [InlineData("""{ "database": { "unit": "a b.service" } }""", "database.unit must be the name of a unit")]
    [InlineData("""{ "health": { "headers": { "X:Y": "1" } } }""", "health.headers.X:Y is no header")]
    [InlineData("""{ "health": { "headers": { "X": "a\r\nb" } } }""", "health.headers.X is no header")]
    [InlineData("""{ "health": { "headers": { "Content-Type": "text/plain" } } }""", "health.headers.Content-Type is no header")]
    [InlineData("""{ "health": { "host": "a b" } }""", "health.host must be a host name")]
    [InlineData("""{ "health": { "host": "[::1]\r\nX: y" } }""", "health.host must be a host name")]
    [InlineData("""{ "health": { "host": "a:b\r\nc" } }""", "health.host must be a host name")]
    [InlineData("""{ "health": { "acceptedStatus": "399-200" } }""", "health.acceptedStatus must be status codes")]
    [InlineData("""{ "health": { "acceptedStatus": "99" } }""", "health.acceptedStatus must be status codes")]
    [InlineData("""{ "health": { "acceptedStatus": "" } }""", "health.acceptedStatus must be status codes")]
    [InlineData("""{ "bind": "\ud800" }""", "no Unicode text")]
    [InlineData("""[]""", "must hold one JSON object")]
    [InlineData("""null""", "must hold one JSON object")]
    public void A_fault_is_named_with_its_place(string json, string words) =>
        Assert.Contains(words, Refused(json), StringComparison.Ordinal);

    [Theory]
    [InlineData("{\n  \"bind\": oops\n}", "line 2")]
    [InlineData("", "line 1")]
    [InlineData("{", "line 1")]
    [InlineData("{}\n{}", "line 2")]
    [InlineData("{\n\"bind\": \"127.0.0.1:1\",\n\"bind\": \"127.0.0.1:2\" }", "bind")]
    public void What_is_no_json_is_named_by_its_line(string text, string place) =>
        Assert.Contains(place, Refused(text), StringComparison.Ordinal);

    [Fact]
    public void A_socket_path_must_fit_into_the_runtime_directory()
    {
        var message = Refused($$"""{ "runtimeDirectory": "/run/{{new string('x', 100)}}" }""");

        Assert.Contains("runtimeDirectory", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_a_clear_line()
    {
        var fault = Assert.Throws<StartupException>(() => OptionsReader.Read(folder["absent.json"], TestOptions.NoEnvironment));

        Assert.Equal(ExitCode.Configuration, fault.Code);
        Assert.Equal($"{folder["absent.json"]}: there is no such file: name another with --config", fault.Message);
    }

    [Fact]
    public void A_folder_is_no_configuration() =>
        Assert.Equal(ExitCode.Configuration, Assert.Throws<StartupException>(() => OptionsReader.Read(folder.Path, TestOptions.NoEnvironment)).Code);

    [Fact]
    public void A_file_that_may_not_be_read_is_a_matter_of_permission()
    {
        var file = folder.Write("closed.json", "{}");
        File.SetUnixFileMode(file, UnixFileMode.None);
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "root may read everything");

        var fault = Assert.Throws<StartupException>(() => OptionsReader.Read(file, TestOptions.NoEnvironment));

        Assert.Equal(ExitCode.NoPermission, fault.Code);
    }

    [Fact]
    public void A_huge_file_is_not_even_read() =>
        Assert.Contains("larger than", Refused($"{{}}{new string(' ', 1024 * 1024)}"), StringComparison.Ordinal);

    [Fact]
    public void A_message_stays_readable_however_much_is_wrong()
    {
        var many = string.Join(",\n", Enumerable.Range(0, 5000).Select(number => $"\"unknown{number.ToString(CultureInfo.InvariantCulture)}\": 1"));

        var message = Refused($$"""{ "bind": "{{new string('x', 100_000)}}", {{many}} }""");

        Assert.InRange(message.Length, 100, 5000);
    }

    [Theory]
    [InlineData("PRISM_SUPERVISOR_BIND", "[::1]:9000")]
    [InlineData("PRISM_SUPERVISOR_BIND", "[::1]:9000 unix:/run/prism.sock")]
    [InlineData("PRISM_SUPERVISOR_HEALTH_FAILURE_THRESHOLD", "7")]
    [InlineData("PRISM_SUPERVISOR_HEALTH_START_PERIOD_SECONDS", "0.25")]
    [InlineData("PRISM_SUPERVISOR_GUNICORN_COMMAND", "python3 -m gunicorn")]
    public void A_variable_overrides_the_file(string variable, string value)
    {
        var file = folder.Write("prism.json", """{ "bind": "127.0.0.1:1", "health": { "failureThreshold": 2, "startPeriodSeconds": 2 }, "gunicorn": { "command": "other" } }""");

        var options = OptionsReader.Read(file, new Dictionary<string, string> { [variable] = value });

        Assert.Equal(value, variable switch
        {
            "PRISM_SUPERVISOR_BIND" => string.Join(' ', options.Bind),
            "PRISM_SUPERVISOR_HEALTH_FAILURE_THRESHOLD" => options.Health.FailureThreshold.ToString(CultureInfo.InvariantCulture),
            "PRISM_SUPERVISOR_HEALTH_START_PERIOD_SECONDS" => options.Health.StartPeriod.TotalSeconds.ToString(CultureInfo.InvariantCulture),
            _ => string.Join(' ', options.Gunicorn.Command),
        });
    }

    [Theory]
    [InlineData("PRISM_SUPERVISOR_HEALTH_PERIOD_SECONDS", "often", "PRISM_SUPERVISOR_HEALTH_PERIOD_SECONDS must be a number, not 'often'")]
    [InlineData("PRISM_SUPERVISOR_HEALTH_PERIOD_SECONDS", "NaN", "health.periodSeconds must be a number from")]
    [InlineData("PRISM_SUPERVISOR_HELTH_PATH", "/", "PRISM_SUPERVISOR_HELTH_PATH overrides no setting (did you mean PRISM_SUPERVISOR_HEALTH_PATH?)")]
    [InlineData("PRISM_SUPERVISOR_", "", "PRISM_SUPERVISOR_ overrides no setting")]
    public void A_variable_that_cannot_override_is_a_fault(string variable, string value, string words)
    {
        var fault = Assert.Throws<StartupException>(() => OptionsReader.Read((string?)null, new Dictionary<string, string> { [variable] = value }));

        Assert.Equal(ExitCode.Configuration, fault.Code);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    private static readonly JsonSerializerOptions Printed = new() { Converters = { new AddressConverter() } };

    private SupervisorOptions Read(string json) => OptionsReader.Read(folder.Write("prism.json", json), TestOptions.NoEnvironment);

    private string Refused(string json)
    {
        var fault = Assert.Throws<StartupException>(() => Read(json));
        Assert.Equal(ExitCode.Configuration, fault.Code);
        Assert.DoesNotContain(fault.Message, char.IsControl);
        return fault.Message;
    }

    private sealed class AddressConverter : System.Text.Json.Serialization.JsonConverter<BindAddress>
    {
        public override BindAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, BindAddress value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
