namespace Prism.Supervisor.Secrets;

/// <summary>Which file to read, how, what it must hold, and what of it may not be authenticated; each group of <paramref name="Together"/> is present as a whole or not at all.</summary>
internal sealed record SecretRequest(
    string Path,
    SecretFormat Format,
    SecretDialect Dialect,
    IReadOnlyList<string> Required,
    IReadOnlyList<IReadOnlyList<string>> Together,
    SecretPolicy Policy)
{
    /// <summary>What becomes of a file that others can read or write.</summary>
    public FileCare Care { get; init; } = FileCare.ForPerson;
}
