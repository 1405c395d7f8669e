namespace Prism.Supervisor.Configuration;

/// <summary>Which file holds the secrets and what must be in it.</summary>
/// <param name="File">Null: there is none, and the environment must hold what is required.</param>
/// <param name="Format">auto, sops or env.</param>
/// <param name="Dialect">systemd (the grammar of EnvironmentFile=) or sops.</param>
/// <param name="Required">Names that must have a value.</param>
/// <param name="Together">Groups of names that are all there or all absent.</param>
internal sealed record SecretsOptions(
    string? File,
    string Format,
    string Dialect,
    IReadOnlyList<string> Required,
    IReadOnlyList<IReadOnlyList<string>> Together);
