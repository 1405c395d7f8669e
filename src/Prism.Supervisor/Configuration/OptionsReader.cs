using System.Text;
using System.Text.Json;

namespace Prism.Supervisor.Configuration;

/// <summary>From a JSON file and the environment to valid options, or one message that holds every fault.</summary>
internal static class OptionsReader
{
    // A configuration is a page or two; a larger file is not one.
    private const int LargestFile = 1024 * 1024;

    // A message must stay readable, whatever was thrown at us.
    private const int MostFaults = 20;
    private const int LongestFault = 200;

    // sun_path has 108 bytes (unix(7)); "/notify-2147483647.sock" is what the longest name adds.
    private const int LongestRuntimeDirectory = 84;

    // The site's own settings and what every program expects, when the unit sets them with Environment=.
    private static readonly string[] PassedByDefault =
    [
        "PATH", "LANG", "LC_*", "TZ", "HOME", "USER", "LOGNAME", "STATE_DIRECTORY", "CACHE_DIRECTORY", "SSL_CERT_FILE", "NIX_SSL_CERT_FILE",
        "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "USE_POSTGRES", "POSTGRES_*", "DATABASE_URL",
        "STATIC_ROOT", "MEDIA_ROOT", "EMAIL_*", "CELERY_*", "PRISM_*",
    ];

    /// <summary>Throws <see cref="StartupException"/> (configuration) naming all faults at once.</summary>
    public static SupervisorOptions Read(string? file, IReadOnlyDictionary<string, string> environment)
    {
        using var document = file is null ? JsonDocument.Parse("{}") : Parse(file);
        var faults = new List<string>();
        try
        {
            var options = Read(new Settings(document.RootElement, environment, faults), environment);
            return faults.Count == 0
                ? options
                : throw new StartupException(ExitCode.Configuration, $"{file ?? "the configuration"}: {Line(faults)}");
        }
        catch (InvalidOperationException fault)
        {
            throw NoText(file, fault);
        }
    }

    /// <summary>The one place that names the settings, their defaults and their limits.</summary>
    public static SupervisorOptions Read(Settings settings, IReadOnlyDictionary<string, string> environment)
    {
        var options = new SupervisorOptions(
            Bind: ReadBind(settings),
            StateDirectory: settings.AbsolutePath("stateDirectory", First(environment, "STATE_DIRECTORY") ?? "/var/lib/prism-django"),
            RuntimeDirectory: settings.AbsolutePath("runtimeDirectory", First(environment, "RUNTIME_DIRECTORY") ?? "/run/prism-django"),
            Environment: ReadEnvironment(settings),
            PassEnvironment: settings.Texts("passEnvironment", PassedByDefault),
            Secrets: new SecretsOptions(
                File: settings.OptionalText("secrets.file"),
                Format: settings.Choice("secrets.format", "auto", "auto", "sops", "env"),
                Dialect: settings.Choice("secrets.dialect", "systemd", "systemd", "sops"),
                Required: settings.Texts("secrets.required", "SECRET_KEY", "POSTGRES_USER", "POSTGRES_PASSWORD"),
                Together: settings.Groups("secrets.together", ["EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD"])),
            Steps: new StepsOptions(
                Migrate: settings.Texts("steps.migrate", "prism-migrate"),
                Collectstatic: settings.Texts("steps.collectstatic", "prism-collectstatic"),
                StopTimeout: settings.Seconds("steps.stopTimeoutSeconds", 10, 0, 3600)),
            Gunicorn: new GunicornOptions(
                Command: settings.Texts("gunicorn.command", "prism-gunicorn"),
                GracefulTimeout: settings.Seconds("gunicorn.gracefulTimeoutSeconds", 30, 0, 3600),
                StartTimeout: settings.Seconds("gunicorn.startTimeoutSeconds", 60, 0.1, 86400)),
            Health: ReadHealth(settings),
            Restart: new RestartOptions(
                InitialDelay: settings.Seconds("restart.initialDelaySeconds", 0.5, 0.01, 3600),
                MaximumDelay: settings.Seconds("restart.maximumDelaySeconds", 30, 0.01, 86400),
                HealthyAfter: settings.Seconds("restart.healthyAfterSeconds", 60, 0, 86400),
                Limit: settings.Whole("restart.limit", 8, 0, 1000000)));
        if (options.Gunicorn.Command.Count == 0)
        {
            _ = settings.Fault("gunicorn.command must not be empty", 0);
        }

        if (options.Secrets.File is { } file && !Path.IsPathRooted(file))
        {
            _ = settings.Fault($"secrets.file must be an absolute path, not '{file}'", 0);
        }

        if (Encoding.UTF8.GetByteCount(options.RuntimeDirectory) > LongestRuntimeDirectory)
        {
            _ = settings.Fault($"runtimeDirectory must have at most {LongestRuntimeDirectory} bytes, since sockets are made in it (unix(7))", 0);
        }

        settings.ReportUnknown();
        return options;
    }

    private static HealthOptions ReadHealth(Settings settings)
    {
        var path = settings.Text("health.path", "/");
        var ranges = new List<StatusRange>();
        foreach (var text in settings.Text("health.acceptedStatus", "200-399").Split(',', StringSplitOptions.TrimEntries))
        {
            var bounds = text.Split('-');
            if (bounds.Length <= 2 && int.TryParse(bounds[0], out var first) && int.TryParse(bounds[^1], out var last) && first is >= 100 and <= 599 && last is >= 100 and <= 599 && first <= last)
            {
                ranges.Add(new StatusRange(first, last));
            }
            else
            {
                _ = settings.Fault($"health.acceptedStatus must be status codes and ranges such as 200-399,404, not '{text}'", 0);
            }
        }

        var host = settings.OptionalText("health.host");
        var headers = settings.Map("health.headers");
        foreach (var (name, value) in headers)
        {
            if (name.Length == 0 || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || "!#$%&'*+-.^_`|~".Contains(letter, StringComparison.Ordinal)) || value.Any(char.IsControl) || !IsOfRequest(name))
            {
                _ = settings.Fault($"health.headers.{name} is no header a request can carry (RFC 9110, 5.1 and 5.5)", 0);
            }
        }

        return new HealthOptions(
            Path: path.StartsWith('/') && !path.Any(letter => char.IsControl(letter) || letter == ' ') ? path : settings.Fault($"health.path must start with / and hold no blanks, not '{path}'", "/"),
            Host: host is null || IsHost(host) ? host : settings.Fault($"health.host must be a host name, not '{host}'", host),
            Headers: headers,
            AcceptedStatus: ranges,
            Period: settings.Seconds("health.periodSeconds", 10, 0.05, 86400),
            StartPeriod: settings.Seconds("health.startPeriodSeconds", 0.05, 0.01, 60),
            Timeout: settings.Seconds("health.timeoutSeconds", 5, 0.05, 3600),
            FailureThreshold: settings.Whole("health.failureThreshold", 3, 1, 1000),
            SuccessThreshold: settings.Whole("health.successThreshold", 1, 1, 1000));
    }

    private static bool IsHost(string host) =>
        (host.StartsWith('[') || Uri.CheckHostName(host.Split(':')[0]) != UriHostNameType.Unknown)
            && host.All(letter => char.IsAsciiLetterOrDigit(letter) || "-._:[]".Contains(letter, StringComparison.Ordinal));

    /// <summary>Content-Type and its like belong to a body, which a probe has not.</summary>
    private static bool IsOfRequest(string header)
    {
        using var request = new HttpRequestMessage();
        return request.Headers.TryAddWithoutValidation(header, "");
    }

    private static BindAddress ReadBind(Settings settings)
    {
        const string usual = "127.0.0.1:8000";
        var text = settings.Text("bind", usual);
        if (!BindAddress.TryParse(text, out var address))
        {
            _ = settings.Fault($"bind must be an address and port such as {usual} or [::1]:8000, not '{text}'", 0);
            _ = BindAddress.TryParse(usual, out address);
        }

        return address!;
    }

    private static IReadOnlyDictionary<string, string> ReadEnvironment(Settings settings)
    {
        var map = settings.Map("environment");
        foreach (var (name, value) in map)
        {
            if (name.Length == 0 || char.IsAsciiDigit(name[0]) || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_'))
            {
                _ = settings.Fault($"environment.{name} is no name of an environment variable", 0);
            }

            if (value.Contains('\0', StringComparison.Ordinal))
            {
                _ = settings.Fault($"environment.{name} holds a NUL, which no environment can carry", 0);
            }
        }

        return map;
    }

    /// <summary>systemd gives several directories joined by colons (systemd.exec(5)); the first is ours.</summary>
    private static string? First(IReadOnlyDictionary<string, string> environment, string name) =>
        environment.TryGetValue(name, out var value) && value.Length > 0 ? value.Split(':')[0] : null;

    private static JsonDocument Parse(string file)
    {
        try
        {
            return new FileInfo(file).Length > LargestFile
                ? throw new StartupException(ExitCode.Configuration, $"{file}: larger than {LargestFile} bytes: not a configuration")
                : ParseObject(file, File.ReadAllBytes(file));
        }
        catch (JsonException fault) when (fault.LineNumber is null)
        {
            throw new StartupException(ExitCode.Configuration, $"{file}: {Line([fault.Message])}", fault); // a name that is there twice
        }
        catch (InvalidOperationException fault)
        {
            throw NoText(file, fault);
        }
        catch (JsonException fault)
        {
            throw new StartupException(ExitCode.Configuration, $"{file}: no JSON: line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1}: mend it, or compare with docs/configuration.md", fault);
        }
        catch (UnauthorizedAccessException fault)
        {
            throw new StartupException(ExitCode.NoPermission, $"{file}: may not be read: let the service's user read it", fault);
        }
        catch (IOException fault)
        {
            var reason = fault is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : "cannot be read";
            throw new StartupException(ExitCode.Configuration, $"{file}: {reason}: name another with --config", fault);
        }
    }

    private static StartupException NoText(string? file, Exception fault) =>
        new(ExitCode.Configuration, $"{file}: holds a string that is no Unicode text: look for a lone \\ud8.. escape or bytes that are no UTF-8", fault);

    /// <summary>One line, of a length that can be read.</summary>
    private static string Line(List<string> faults)
    {
        var shown = faults.Take(MostFaults)
            .Select(fault => fault.Length > LongestFault ? fault[..LongestFault] + "…" : fault)
            .Select(fault => string.Concat(fault.Select(letter => char.IsControl(letter) ? ' ' : letter)));
        return string.Join("; ", shown) + (faults.Count > MostFaults ? $"; and {faults.Count - MostFaults} more" : "");
    }

    private static JsonDocument ParseObject(string file, byte[] text)
    {
        var document = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false });
        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return document;
        }

        document.Dispose();
        throw new StartupException(ExitCode.Configuration, $"{file}: must hold one JSON object");
    }
}
