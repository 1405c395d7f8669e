using Prism.Supervisor.Configuration;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor;

/// <summary>Builds the environment of every child: what may pass of our own, then the configured settings, then the secrets; the later wins.</summary>
internal static class SiteEnvironment
{
    // What the manager meant for us alone (systemd.exec(5), sd_notify(3)), what opens the secrets, and our own overrides.
    private static readonly string[] OursAlone =
    [
        "NOTIFY_SOCKET", "WATCHDOG_*", "LISTEN_*", "FDSTORE", "MAINPID", "MANAGERPID", "SYSTEMD_*", "CREDENTIALS_DIRECTORY", "MONITOR_*",
        "JOURNAL_STREAM", "INVOCATION_ID", "MEMORY_PRESSURE_*", "SOPS_*", "DOTNET_*", Settings.Prefix + "*",
    ];

    private static readonly string[] SecretEndings = ["_KEY", "_PASSWORD", "_SECRET", "_TOKEN", "_URL", "_DSN"];

    public static ProcessEnvironment Build(SupervisorOptions options, IReadOnlyDictionary<string, string> own, IEnumerable<KeyValuePair<string, Secret>> secrets)
    {
        var passed = own.Where(pair => Matches(options.PassEnvironment, pair.Key) && !Matches(OursAlone, pair.Key));
        return ProcessEnvironment.Empty
            .With(passed.Concat(options.Environment).Select(pair => new KeyValuePair<string, Secret>(pair.Key, new Secret(pair.Value))))
            .With(secrets);
    }

    /// <summary>Variables whose names say that they hold a secret, wherever they came from: taken out of what children print.</summary>
    public static IEnumerable<KeyValuePair<string, Secret>> LikelySecrets(ProcessEnvironment environment) =>
        environment.Names
            .Where(name => SecretEndings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal)))
            .Select(name => new KeyValuePair<string, Secret>(name, new Secret(environment[name]!)));

    private static bool Matches(IEnumerable<string> patterns, string name) =>
        patterns.Any(pattern => pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : name == pattern);
}
