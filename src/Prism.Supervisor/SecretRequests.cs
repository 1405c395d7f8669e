using Prism.Supervisor.Configuration;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor;

/// <summary>From the configuration's words to the question that the secrets room understands; one place for every command.</summary>
internal static class SecretRequests
{
    public static SecretRequest From(SecretsOptions options, string file) => new(
        file,
        options.Format switch { "sops" => SecretFormat.Sops, "env" => SecretFormat.Env, _ => SecretFormat.Auto },
        Dialect(options.Dialect),
        options.Required,
        options.Together,
        Policy(options));

    public static SecretDialect Dialect(string word) => word == "sops" ? SecretDialect.Sops : SecretDialect.Systemd;

    private static SecretPolicy Policy(SecretsOptions options) => new(
        options.Unauthenticated switch { "refuse" => Unauthenticated.Refuse, "allow" => Unauthenticated.Allow, _ => Unauthenticated.Named },
        [.. options.Required, .. options.Together.SelectMany(group => group), .. options.AllowNames],
        options.AllowNames);
}
