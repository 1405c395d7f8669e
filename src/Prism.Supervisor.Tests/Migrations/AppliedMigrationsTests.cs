using Prism.Supervisor.Migrations;

namespace Prism.Supervisor.Tests.Migrations;

/// <summary>Rows of django_migrations beside what a release has.</summary>
public sealed class AppliedMigrationsTests
{
    [Fact]
    public void What_came_after_all_that_the_release_knows_is_ahead_of_it() =>
        Assert.Equal(["a.3", "a.4"], Unknown("a 1, b 1, a 2, a 3, b 2, a 4", "a:1 2|b:1 2"));

    [Theory]
    [InlineData("a 1, a 2", "a:1 2 3")]
    [InlineData("", "a:1")]
    [InlineData("a 1, gone 1", "a:1")]
    public void A_database_that_is_not_ahead_is_not_warned_about(string rows, string release) => Assert.Empty(Unknown(rows, release));

    [Fact]
    public void What_was_squashed_or_given_up_before_is_history() =>
        Assert.Empty(Unknown("a 1, a 2, a 3, a 1_squashed_3, a branch, a 4", "a:1_squashed_3 4"));

    [Fact]
    public void What_a_squashed_migration_has_replaced_without_being_recorded_is_no_surprise()
    {
        Assert.Empty(Unknown("a 1, a 2, a 3", "a:", squashed: "[-] 1_squashed_3 (3 squashed migrations)"));
        Assert.Equal(["a.4"], Unknown("a 1, a 2, a 3, a 4", "a:", squashed: "[-] 1_squashed_3 (3 squashed migrations)"));
    }

    [Fact]
    public void An_app_whose_migrations_are_all_gone_is_behind_its_rows() => Assert.Equal(["a.1"], Unknown("a 1", "a:"));

    [Fact]
    public void An_app_that_the_release_does_not_have_is_told_apart() =>
        Assert.Equal(["gone"], Rows("a 1, gone 1, gone 2").AppsUnknownTo(Release("a:1")));

    [Fact]
    public void What_came_since_is_known_by_its_number()
    {
        var before = Rows("a 1, a 2");

        Assert.Equal(["a.3", "b.1"], Rows("a 1, a 2, a 3, b 1").Since(before));
        Assert.Equal(["a.1"], Rows("a 1").Since(Rows("")));
    }

    private static IReadOnlyList<string> Unknown(string rows, string release, string? squashed = null) => Rows(rows).UnknownTo(Release(release, squashed));

    private static AppliedMigrations Rows(string rows) =>
        new([.. rows.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select((row, i) => new AppliedMigrations.Row(i + 1, row.Split(' ')[0], row.Split(' ')[1]))]);

    private static MigrationList Release(string release, string? squashed = null) => MigrationList.Read(
        release.Split('|').SelectMany(app => app.Split(':')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => $" [X] {name}").Prepend(app.Split(':')[0])).Concat(squashed is null ? [] : [$" {squashed}"]))!;
}
