using Prism.Supervisor.Configuration;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor;

/// <summary>From the configuration's words to the question that the secrets room understands; one place for every command.</summary>
internal static class SecretRequests
{
    public static SecretRequest From(SecretsOptions options, string file) => new(
        file,
        Format(options.Format),
        Dialect(options.Dialect),
        options.Required,
        options.Together,
        Policy(options));

    public static SecretFormat Format(string word) => word switch { "sops" => SecretFormat.Sops, "env" => SecretFormat.Env, _ => SecretFormat.Auto };

    public static SecretDialect Dialect(string? word) => word == "sops" ? SecretDialect.Sops : SecretDialect.Systemd;

    public static Unauthenticated Unauthenticated(string? word) => word switch
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
