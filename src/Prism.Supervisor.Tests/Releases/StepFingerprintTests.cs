using Prism.Supervisor.Configuration;
using Prism.Supervisor.Releases;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Releases;

/// <summary>What makes a step another one, and what does not, beside one that was taken as it is.</summary>
public sealed class StepFingerprintTests
{
    private static readonly Dictionary<string, string> Unit = new() { ["PATH"] = "/bin", ["LANG"] = "C.UTF-8", ["PRISM_SLOW"] = "1", ["CELERY_BROKER_URL"] = "amqp://one" };

    private static readonly Dictionary<string, string> Secrets = new() { ["SECRET_KEY"] = "one", ["POSTGRES_USER"] = "one", ["POSTGRES_PASSWORD"] = "one" };

    private static readonly SupervisorOptions Options = TestOptions.Default with
    {
        Environment = new Dictionary<string, string> { ["ALLOWED_HOSTS"] = "one", ["STATIC_URL"] = "/static/", ["STATIC_ROOT"] = "/srv/static" },
    };

    private static readonly string Usual = Of();

    [Fact]
    public void The_same_again_is_the_same() => Assert.Equal(Usual, Of());

    [Fact]
    public void It_is_a_digest_that_a_folder_may_be_called_by() => Assert.Matches("^[0-9a-f]{64}$", Usual);

    [Fact]
    public void Identity_step_command_arguments_and_folder_count() => AssertAllDiffer(
        Of(identity: "id two"),
        Of(step: "collectstatic"),
        Of(command: ["prism-manage", "migrate"]),
        Of(command: ["prism-migrate", ""]),
        Of(command: ["prism-migrate", "--fake"]),
        Of(command: ["prism-migrate", "--fake", "x"]),
        Of(command: ["prism-migrate", "--fakex"]),
        Of(options: Options with { StateDirectory = "/elsewhere" }));

    [Theory]
    [InlineData("ALLOWED_HOSTS", "two")]
    [InlineData("STATIC_URL", "https://cdn.example.org/static/")]
    [InlineData("STATIC_ROOT", "/elsewhere")]
    [InlineData("DJANGO_SETTINGS_MODULE", "prism.other")]
    [InlineData("EMPTY", "")]
    public void A_setting_of_the_configuration_counts_by_name_and_value(string name, string value)
    {
        Assert.NotEqual(Usual, Of(options: Setting(name, value)));
        Assert.NotEqual(Of(options: Setting(name, value)), Of(options: Setting(name, value + "x")));
    }

    [Fact]
    public void A_setting_that_is_gone_counts() =>
        Assert.NotEqual(Usual, Of(options: Options with { Environment = new Dictionary<string, string>() }));

    [Theory]
    [InlineData("LANG", "C")]
    [InlineData("PATH", "/usr/bin")]
    [InlineData("PRISM_SLOW", "2")]
    [InlineData("POSTGRES_HOST", "db.example.org")]
    public void What_the_unit_passes_on_counts_by_name_and_value(string name, string value) =>
        Assert.NotEqual(Usual, Of(unit: With(Unit, name, value)));

    [Theory]
    [InlineData("INVOCATION_ID")]
    [InlineData("JOURNAL_STREAM")]
    [InlineData("NOTIFY_SOCKET")]
    [InlineData("WATCHDOG_USEC")]
    [InlineData("LISTEN_FDS")]
    [InlineData("SYSTEMD_EXEC_PID")]
    [InlineData("MEMORY_PRESSURE_WATCH")]
    [InlineData("PRISM_SUPERVISOR_BIND")]
    [InlineData("PRISM_LAUNCH")]
    [InlineData("PRISM_GENERATION")]
    [InlineData("PGAPPNAME")]
    public void What_is_set_anew_for_each_launch_does_not_count_even_where_everything_is_passed(string name)
    {
        var all = Options with { PassEnvironment = ["*"] };

        Assert.Equal(Of(options: all), Of(options: all, unit: With(Unit, name, "1")));
    }

    [Fact]
    public void What_is_not_passed_on_does_not_count() => Assert.Equal(Usual, Of(unit: With(Unit, "TERM", "xterm")));

    [Theory]
    [InlineData("SECRET_KEY")]
    [InlineData("POSTGRES_USER")]
    [InlineData("POSTGRES_PASSWORD")]
    public void Of_a_secret_the_name_counts_alone(string name)
    {
        Assert.Equal(Usual, Of(secrets: With(Secrets, name, "rotated")));
        Assert.NotEqual(Usual, Of(secrets: Secrets.Where(pair => pair.Key != name).ToDictionary()));
    }

    [Theory]
    [InlineData("OTHER", "rotated")]
    [InlineData("ALLOWED_HOSTS", "rotated")]
    public void A_secret_is_whatever_the_secrets_file_holds(string name, string value)
    {
        Assert.NotEqual(Usual, Of(secrets: With(Secrets, name, "one")));
        Assert.Equal(Of(secrets: With(Secrets, name, "one")), Of(secrets: With(Secrets, name, value)));
    }

    [Theory]
    [InlineData("DATABASE_URL", "postgres://one@db/prism", "postgres://two@db/prism")]
    [InlineData("EMAIL_HOST_PASSWORD", "one", "two")]
    [InlineData("EMAIL_HOST_USER", "one", "two")]
    [InlineData("PGPASSWORD", "one", "two")]
    [InlineData("REDIS_PASS", "one", "two")]
    [InlineData("SENTRY", "https://one@sentry.example.org/1", "https://two@sentry.example.org/1")]
    [InlineData("STATIC_URL", "https://one:one@example.org/", "https://two:two@example.org/")]
    [InlineData("POSTGRES_PASSWORD", "one", "two")]
    public void A_secret_is_what_looks_like_one_wherever_it_comes_from(string name, string one, string two) =>
        Assert.Equal(Of(options: Setting(name, one)), Of(options: Setting(name, two)));

    [Fact]
    public void What_the_unit_itself_gives_as_a_required_secret_counts_by_its_name()
    {
        string Given(string value) => Of(unit: With(Unit, "POSTGRES_USER", value), secrets: []);

        Assert.Equal(Given("one"), Given("two"));
    }

    [Fact]
    public void Names_and_values_cannot_change_places() => Assert.NotEqual(Of(options: Setting("A", "BC")), Of(options: Setting("AB", "C")));

    [Fact]
    public void The_order_in_which_settings_are_given_does_not_count() =>
        Assert.Equal(Usual, Of(options: Options with { Environment = Options.Environment.Reverse().ToDictionary() }));

    [Fact]
    public void A_byte_that_is_no_text_counts() => Assert.NotEqual(Of(unit: With(Unit, "LANG", "\udc80")), Of(unit: With(Unit, "LANG", "\udc81")));

    private static void AssertAllDiffer(params string[] fingerprints) => Assert.Equal(fingerprints.Length + 1, fingerprints.Append(Usual).Distinct().Count());

    private static SupervisorOptions Setting(string name, string value) => Options with { Environment = With(Options.Environment, name, value) };

    private static Dictionary<string, string> With(IReadOnlyDictionary<string, string> map, string name, string value) => new(map) { [name] = value };

    private static string Of(
        string identity = "id one", string step = "migrate", string[]? command = null, SupervisorOptions? options = null, IReadOnlyDictionary<string, string>? unit = null, Dictionary<string, string>? secrets = null)
    {
        var hidden = (secrets ?? Secrets).Select(pair => KeyValuePair.Create(pair.Key, new Secret(pair.Value))).ToList();
        var environment = SiteEnvironment.Build(options ?? Options, unit ?? Unit, hidden);
        return StepFingerprint.Of(
            identity, step, command ?? ["prism-migrate"], (options ?? Options).StateDirectory, environment, SiteEnvironment.SecretNames(options ?? Options, environment, hidden));
    }
}
