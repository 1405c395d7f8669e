namespace Prism.Supervisor.Migrations;

/// <summary>What a database says of itself in django_migrations, in the order in which it was applied. Pure.</summary>
internal sealed class AppliedMigrations(IReadOnlyList<AppliedMigrations.Row> rows)
{
    public IReadOnlyList<Row> Rows => rows;

    /// <summary>What has come since, as app.name.</summary>
    public IReadOnlyList<string> Since(AppliedMigrations before)
    {
        var last = before.Rows.Count == 0 ? long.MinValue : before.Rows[^1].Id;
        return [.. rows.Where(row => row.Id > last).Select(row => $"{row.App}.{row.Name}")];
    }

    /// <summary>
    /// Those that a release does not know, in apps that it has, and that came after all it does know there: the database is
    /// ahead of it. Rows of what a squashed migration replaced, and of branches that were given up, lie before what followed
    /// them; those of one that is not recorded yet are as many as it replaces.
    /// </summary>
    public IReadOnlyList<string> UnknownTo(MigrationList release) =>
    [
        .. rows
            .GroupBy(row => row.App, StringComparer.Ordinal)
            .Where(app => release.HasApp(app.Key))
            .SelectMany(app => app.Reverse().TakeWhile(row => !release.Has(row.App, row.Name)).Reverse().Skip(release.Replaced(app.Key)))
            .Select(row => $"{row.App}.{row.Name}"),
    ];

    /// <summary>Apps that have rows and that a release does not have at all.</summary>
    public IReadOnlyList<string> AppsUnknownTo(MigrationList release) =>
        [.. rows.Select(row => row.App).Distinct(StringComparer.Ordinal).Where(app => !release.HasApp(app))];

    /// <summary>One migration that was applied.</summary>
    internal readonly record struct Row(long Id, string App, string Name);
}
