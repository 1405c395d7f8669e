using System.Text;
using System.Text.Json;

namespace Prism.Supervisor.Configuration;

/// <summary>From a JSON file and the environment to valid options, or one message that holds every fault.</summary>
internal static class OptionsReader
{
    // sun_path has 108 bytes (unix(7)); "/notify-2147483647.sock" is what the longest name adds.
    private const int LongestRuntimeDirectory = 84;

    // The site's own settings and what every program expects, when the unit sets them with Environment=.
    private static readonly string[] PassedByDefault =
    [
        "PATH", "LANG", "LC_*", "LOCALE_ARCHIVE", "TZ", "TZDIR", "HOME", "USER", "LOGNAME", "STATE_DIRECTORY", "CACHE_DIRECTORY", "SSL_CERT_FILE", "NIX_SSL_CERT_FILE",
        "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "USE_POSTGRES", "POSTGRES_*", "DATABASE_URL",
        "STATIC_ROOT", "MEDIA_ROOT", "EMAIL_*", "CELERY_*", "PRISM_*",
    ];

    /// <summary>Throws <see cref="StartupException"/> (configuration) naming all faults at once.</summary>
    public static SupervisorOptions Read(string? file, IReadOnlyDictionary<string, string> environment)
    {
        using var document = file is null ? JsonDocument.Parse("{}") : ConfigurationFile.Read(file);
        var faults = new List<string>();
        var options = Read(new Settings(document.RootElement, environment, faults), environment);
        return faults.Count == 0
            ? options
            : throw new StartupException(ExitCode.Configuration, $"{OneLine.Of(file ?? "the configuration")}: {OneLine.Of(faults)}");
    }

    /// <summary>The one place that names the settings, their defaults and their limits.</summary>
    public static SupervisorOptions Read(Settings settings, IReadOnlyDictionary<string, string> environment)
    {
        var options = new SupervisorOptions(
            Bind: BindReader.Addresses(settings),
            BindMode: BindReader.Mode(settings),
            StateDirectory: settings.AbsolutePath("stateDirectory", First(environment, "STATE_DIRECTORY") ?? "/var/lib/prism-django"),
            RuntimeDirectory: settings.AbsolutePath("runtimeDirectory", First(environment, "RUNTIME_DIRECTORY") ?? "/run/prism-django"),
            Environment: ReadEnvironment(settings),
            PassEnvironment: settings.Texts("passEnvironment", PassedByDefault),
            Secrets: new SecretsOptions(
                File: settings.OptionalText("secrets.file"),
                Credential: settings.OptionalText("secrets.credential"),
                Format: settings.Choice("secrets.format", "auto", "auto", "sops", "env"),
                Dialect: settings.Choice("secrets.dialect", "systemd", "systemd", "sops"),
                Required: settings.Texts("secrets.required", "SECRET_KEY", "POSTGRES_USER", "POSTGRES_PASSWORD"),
                Together: settings.Groups("secrets.together", ["EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD"]),
                Unauthenticated: settings.Choice("secrets.unauthenticated", "named", "named", "refuse", "allow"),
                AllowNames: settings.Texts("secrets.allowNames"),
                SopsCommand: ReadCommand(settings, "secrets.sopsCommand")),
            Database: DatabaseReader.Read(settings),
            Steps: new StepsOptions(
                Migrate: ReadCommand(settings, "steps.migrate", "prism-migrate"),
                Collectstatic: ReadCommand(settings, "steps.collectstatic", "prism-collectstatic"),
                StopTimeout: settings.Seconds("steps.stopTimeoutSeconds", 10, 0, 3600))
            {
                MigrateWhen = ReleaseReader.When(settings, "steps.migrateWhen"),
                CollectstaticWhen = ReleaseReader.When(settings, "steps.collectstaticWhen"),
            },
            Gunicorn: new GunicornOptions(
                Command: ReadCommand(settings, "gunicorn.command", "prism-gunicorn"),
                GracefulTimeout: settings.Seconds("gunicorn.gracefulTimeoutSeconds", 30, 0, 3600),
                StartTimeout: settings.Seconds("gunicorn.startTimeoutSeconds", 60, 0.1, 86400)),
            Health: HealthReader.Read(settings),
            Restart: new RestartOptions(
                InitialDelay: settings.Seconds("restart.initialDelaySeconds", 0.5, 0.01, 3600),
                MaximumDelay: settings.Seconds("restart.maximumDelaySeconds", 30, 0.01, 86400),
                HealthyAfter: settings.Seconds("restart.healthyAfterSeconds", 60, 0, 86400),
                Limit: settings.Whole("restart.limit", 8, 0, 1000000)),
            Reload: new ReloadOptions(
                CanaryTime: settings.Seconds("reload.canarySeconds", 2, 0, 3600),
                Timeout: settings.Seconds("reload.timeoutSeconds", 420, 1, 86400)))
        {
            ManageCommand = ReadCommand(settings, "manage.command", "prism-manage"),
            StaticPath = StaticReader.Path(settings),
            ReleaseId = ReleaseReader.Id(settings),
        };
        if (options.Gunicorn.Command.Count == 0)
        {
            _ = settings.Fault("gunicorn.command must not be empty", 0);
        }

        if (options.Secrets.File is { } file && !Path.IsPathRooted(file))
        {
            _ = settings.Fault($"secrets.file must be an absolute path, not '{file}'", 0);
        }

        CheckCredential(settings, options.Secrets);
        if (Encoding.UTF8.GetByteCount(options.RuntimeDirectory) > LongestRuntimeDirectory)
        {
            _ = settings.Fault($"runtimeDirectory must have at most {LongestRuntimeDirectory} bytes, since sockets are made in it (unix(7))", 0);
        }

        BindReader.CheckNames(settings, options);
        settings.ReportUnknown();
        return options;
    }

    /// <summary>credential_name_valid() of systemd: a file's name that could be a descriptor's.</summary>
    private static void CheckCredential(Settings settings, SecretsOptions secrets)
    {
        const int longestName = 255;
        if (secrets.Credential is { } name && (name is "" or "." or ".." || name.Length > longestName || name.Any(letter => letter is '/' or ':' or < ' ' or > '~')))
        {
            _ = settings.Fault($"secrets.credential must be the name of a credential, such as prism.env of LoadCredential=prism.env:/path/of/the/file, not '{name}'", 0);
        }

        if (secrets is { Credential: not null, File: not null })
        {
            _ = settings.Fault("secrets.credential and secrets.file both name the secrets: leave one of them out", 0);
        }
    }

    private static IReadOnlyList<string> ReadCommand(Settings settings, string path, params string[] usual)
    {
        var command = settings.Texts(path, usual);
        if (command is [var program, ..] && (program.Length == 0 || (program.Contains('/', StringComparison.Ordinal) && !Path.IsPathRooted(program))))
        {
            _ = settings.Fault($"{path} must begin with an absolute path, or with a plain name to look up on PATH, not '{program}'", 0);
        }

        if (command.Any(argument => Encoding.UTF8.GetByteCount(argument) + 1 > VariableNames.LongestString))
        {
            _ = settings.Fault($"{path} has an argument longer than the {VariableNames.LongestString} bytes that execve(2) takes", 0);
        }

        return command;
    }

    private static IReadOnlyDictionary<string, string> ReadEnvironment(Settings settings)
    {
        var map = settings.Map("environment");
        foreach (var (name, value) in map)
        {
            var reason = true switch
            {
                _ when !VariableNames.IsName(name) => "is no name of an environment variable",
                _ when VariableNames.IsReserved(name) => "is not passed to the site, whoever sets it: leave it out",
                _ when Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value) + 2 > VariableNames.LongestString =>
                    $"is longer than the {VariableNames.LongestString} bytes that execve(2) takes: put it into a file and give its path",
                _ => null,
            };
            if (reason is not null)
            {
                _ = settings.Fault($"environment.{name} {reason}", 0);
            }
        }

        return map;
    }

    /// <summary>systemd gives several directories joined by colons (systemd.exec(5)); the first is ours.</summary>
    private static string? First(IReadOnlyDictionary<string, string> environment, string name) =>
        environment.TryGetValue(name, out var value) && value.Length > 0 ? value.Split(':')[0] : null;
}
