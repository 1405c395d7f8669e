using Prism.Supervisor.Configuration;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor;

/// <summary>Builds the environment of every child: what may pass of our own, then the configured settings, then the secrets; the later wins. What is reserved comes from none of them.</summary>
internal static class SiteEnvironment
{
    private static readonly string[] SecretEndings = ["_KEY", "_PASSWORD", "_SECRET", "_TOKEN", "_URL", "_DSN"];
    private static readonly string[] SecretParts = ["PASS", "PWD", "SECRET", "TOKEN", "CREDENTIAL"];

    // Django's, and public: they stand in every page.
    private static readonly string[] PublicAddresses = ["STATIC_URL", "MEDIA_URL"];

    public static ProcessEnvironment Build(SupervisorOptions options, IReadOnlyDictionary<string, string> own, IEnumerable<KeyValuePair<string, Secret>> secrets)
    {
        var passed = own.Where(pair => VariableNames.Matches(options.PassEnvironment, pair.Key)).Concat(options.Environment);
        return ProcessEnvironment.Empty
            .With(passed.Select(pair => KeyValuePair.Create(pair.Key, new Secret(pair.Value))).Concat(secrets).Where(pair => !VariableNames.IsReserved(pair.Key)));
    }

    /// <summary>Without a file the site's own environment must hold what is required (EnvironmentFile=, as before).</summary>
    public static SecretEnvironment RequireSecrets(SupervisorOptions options, IReadOnlyDictionary<string, string> own)
    {
        var given = Build(options, own, []);
        var halves = options.Secrets.Together
            .Where(group => group.Any(name => !string.IsNullOrEmpty(given[name])))
            .SelectMany(group => group);
        var missing = options.Secrets.Required.Concat(halves).Where(name => string.IsNullOrEmpty(given[name])).ToList();
        return missing.Count == 0
            ? new SecretEnvironment(options.Secrets.Required.Select(name => new KeyValuePair<string, Secret>(name, new Secret(given[name]!))))
            : throw new StartupException(ExitCode.SecretsRefused, $"{string.Join(", ", missing)}: not set: name the secrets file as secrets.file in the configuration");
    }

    /// <summary>Variables whose names say that they hold a secret, wherever they came from: taken out of what children print.</summary>
    public static IEnumerable<KeyValuePair<string, Secret>> LikelySecrets(ProcessEnvironment environment) =>
        environment.Names
            .Where(IsLikelySecret)
            .Select(name => new KeyValuePair<string, Secret>(name, new Secret(environment[name]!)));

    public static bool IsLikelySecret(string name) => SecretEndings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal));

    /// <summary>The names whose values may leave no trace on the disk, not even a digest: what came from the secrets, what is required of them, and whatever is called or looks like one. Rather one too many: its value only does not count as a setting.</summary>
    public static IReadOnlySet<string> SecretNames(SupervisorOptions options, ProcessEnvironment environment, IEnumerable<KeyValuePair<string, Secret>> secrets) =>
        environment.Names
            .Where(name => LooksSecret(name, environment[name]!))
            .Concat(secrets.Select(pair => pair.Key))
            .Concat(options.Secrets.Required)
            .Concat(options.Secrets.Together.SelectMany(group => group))
            .ToHashSet(StringComparer.Ordinal);

    /// <summary>An address with a user in it is likely to have a password too.</summary>
    private static bool LooksSecret(string name, string value) =>
        (value.Contains("://", StringComparison.Ordinal) && value.Contains('@', StringComparison.Ordinal))
        || (!PublicAddresses.Contains(name)
            && (SecretEndings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) || SecretParts.Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase))));
}
