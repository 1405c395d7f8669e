namespace Prism.Supervisor.Secrets;

/// <summary>Which file to read, how, and what it must hold; each group of <paramref name="Together"/> is present as a whole or not at all.</summary>
internal sealed record SecretRequest(
    string Path,
    SecretFormat Format,
    SecretDialect Dialect,
    IReadOnlyList<string> Required,
    IReadOnlyList<IReadOnlyList<string>> Together);
