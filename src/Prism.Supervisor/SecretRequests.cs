using Prism.Supervisor.Configuration;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor;

/// <summary>From the configuration's words to the question that the secrets room understands; one place for every command.</summary>
internal static class SecretRequests
{
    /// <summary>The path of the secrets, if there are any: a file, or a credential that the manager passed.</summary>
    /// <param name="environment">The unit's, for CREDENTIALS_DIRECTORY.</param>
    /// <exception cref="StartupException">There is no such credential.</exception>
    public static string? FileOf(SecretsOptions options, IReadOnlyDictionary<string, string> environment)
    {
        if (options.Credential is not { } name)
        {
            return options.File;
        }

        if (environment.GetValueOrDefault("CREDENTIALS_DIRECTORY") is not { Length: > 0 } folder)
        {
            throw new StartupException(ExitCode.SecretsRefused, $"secrets.credential {name}: systemd passed no credentials ($CREDENTIALS_DIRECTORY is not set); add LoadCredential={name}:/path/of/the/file to the unit");
        }

        var file = Path.Combine(folder, name);
        return Path.Exists(file)
            ? file
            : throw new StartupException(ExitCode.SecretsRefused, $"secrets.credential {name}: is not among the credentials of this unit ({folder}); add LoadCredential={name}:/path/of/the/file to it");
    }

    /// <summary>The operator's own sops, if there is one: it finds all that is set for this process, save what systemd meant for it alone.</summary>
    public static ExternalSops? External(SecretsOptions options, IReadOnlyDictionary<string, string> environment, ICommandRunner runner) => options.SopsCommand.Count == 0
        ? null
        : new(
            options.SopsCommand,
            environment
                .Where(pair => !VariableNames.IsReserved(pair.Key) || pair.Key.StartsWith("SOPS_", StringComparison.Ordinal))
                .ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal),
            runner);

    public static SecretRequest From(SecretsOptions options, string file) => new(
        file,
        Format(options.Format),
        Dialect(options.Dialect),
        options.Required,
        options.Together,
        Policy(options))
    {
        Care = FileCare.ForService,
    };

    /// <summary>A file by itself: nothing is configured, and nothing is required of it.</summary>
    public static SecretRequest Alone(string file, string format) =>
        new(file, Format(format), SecretDialect.Systemd, [], [], new SecretPolicy(Secrets.Unauthenticated.Named, [], []));

    /// <summary>What a command line says goes before the configuration; null: it says nothing.</summary>
    public static SecretRequest Override(SecretRequest question, string? dialect, string? unauthenticated) => question with
    {
        Dialect = dialect is null ? question.Dialect : Dialect(dialect),
        Policy = unauthenticated switch
        {
            null => question.Policy,
            "allow" => SecretPolicy.AllowAll,
            var word => question.Policy with { Unauthenticated = Unauthenticated(word) },
        },
    };

    public static SecretFormat Format(string word) => word switch { "sops" => SecretFormat.Sops, "env" => SecretFormat.Env, _ => SecretFormat.Auto };

    private static SecretDialect Dialect(string? word) => word == "sops" ? SecretDialect.Sops : SecretDialect.Systemd;

    private static Unauthenticated Unauthenticated(string? word) => word switch
    {
        "refuse" => Secrets.Unauthenticated.Refuse,
        "allow" => Secrets.Unauthenticated.Allow,
        _ => Secrets.Unauthenticated.Named,
    };

    /// <summary>A warning for what the file holds and no child gets.</summary>
    public static IEnumerable<string> NeverPassed(SecretEnvironment values, string file)
    {
        var names = values.Select(pair => pair.Key).Where(VariableNames.IsReserved).ToList();
        return names.Count == 0 ? [] : [$"{Quoted.Path(file)}: never passed to the site, whoever sets them: {Quoted.Names(names)}"];
    }

    private static SecretPolicy Policy(SecretsOptions options) => new(
        Unauthenticated(options.Unauthenticated),
        [.. options.Required, .. options.Together.SelectMany(group => group), .. options.AllowNames],
        options.AllowNames);
}
