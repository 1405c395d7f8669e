namespace Prism.Supervisor.Migrations;

/// <summary>What a migrate has come to, whatever ended it. Pure.</summary>
/// <param name="Applied">As app.name.</param>
/// <param name="Unfinished">The one that had begun and is not applied; null: none.</param>
/// <param name="IsCertain">Whether the database itself has told, and not only what was written.</param>
internal sealed record MigrationOutcome(IReadOnlyList<string> Applied, string? Unfinished, bool IsCertain)
{
    private const int MostNamed = 10;

    /// <summary>`core.0006, core.0007`.</summary>
    public string Names => Applied.Count > MostNamed ? $"{Applied.Count} migrations, the last of them {Applied[^1]}" : string.Join(", ", Applied);

    /// <summary>`applied: core.0006, core.0007; core.0008 was not finished`; null when there is nothing to tell.</summary>
    public string? Text
    {
        get
        {
            string[] parts = [.. Applied.Count > 0 ? (string[])[$"applied: {Names}"] : [], .. Unfinished is null ? (string[])[] : [$"{Unfinished} was not finished"]];
            return parts.Length > 0 ? string.Join("; ", parts) : null;
        }
    }
}
