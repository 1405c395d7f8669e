namespace Prism.Supervisor.Configuration;

/// <summary>Which file holds the secrets and what must be in it.</summary>
/// <param name="File">Null: there is none, and the environment must hold what is required.</param>
/// <param name="Credential">The name of a systemd credential that is that file; never beside <paramref name="File"/>.</param>
/// <param name="Format">auto, sops or env.</param>
/// <param name="Dialect">systemd (the grammar of EnvironmentFile=) or sops.</param>
/// <param name="Required">Names that must have a value.</param>
/// <param name="Together">Groups of names that are all there or all absent.</param>
/// <param name="Unauthenticated">named, refuse or allow: what happens to empty and clear entries of a sops file.</param>
/// <param name="AllowNames">Names that may be empty or clear, and may steer processes (LD_PRELOAD, PATH, …).</param>
/// <param name="SopsCommand">The external sops for files that only it can open; empty: none.</param>
internal sealed record SecretsOptions(
    string? File,
    string? Credential,
    string Format,
    string Dialect,
    IReadOnlyList<string> Required,
    IReadOnlyList<IReadOnlyList<string>> Together,
    string Unauthenticated,
    IReadOnlyList<string> AllowNames,
    IReadOnlyList<string> SopsCommand);
