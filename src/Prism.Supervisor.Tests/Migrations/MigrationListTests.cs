using Prism.Supervisor.Migrations;

#pragma warning disable CA5394 // Inputs that are the same in each run.

namespace Prism.Supervisor.Tests.Migrations;

/// <summary>What `showmigrations` prints, with what a site prints around it.</summary>
public sealed class MigrationListTests
{
    private const string Usual = """
        System check identified some issues:
        admin
         [X] 0001_initial
         [ ] 0002_logentry
        journal
         [X] 0001_squashed_0003 (3 squashed migrations)
         [-] 0004_squashed_0005 (2 squashed migrations) run 'manage.py migrate' to finish recording.
         [ ] 0006_squashed_0009 (4 squashed migrations)
         [ ] 0010_last
        empty
         (no migrations)
        """;

    [Fact]
    public void What_is_to_be_applied_is_what_has_no_mark() =>
        Assert.Equal(["admin.0002_logentry", "journal.0006_squashed_0009", "journal.0010_last"], List(Usual).Pending);

    [Fact]
    public void A_release_has_the_apps_and_the_migrations_that_are_listed()
    {
        var list = List(Usual);

        Assert.True(list.HasApp("empty") && list.HasApp("journal") && list.Has("journal", "0001_squashed_0003") && list.Has("admin", "0002_logentry"));
        Assert.False(list.HasApp("journa") || list.Has("admin", "0010_last") || list.HasApp("System check identified some issues:"));
    }

    [Fact]
    public void What_a_squashed_migration_replaces_counts_until_it_is_recorded() =>
        Assert.Equal((6, 0), (List(Usual).Replaced("journal"), List(Usual).Replaced("admin")));

    [Theory]
    [InlineData("")]
    [InlineData("Traceback (most recent call last):\n  File \"x\"")]
    [InlineData(" [X] 0001_initial\n [ ] 0002_more")]
    [InlineData(" (no migrations)")]
    public void What_is_no_list_is_none(string text) => Assert.Null(MigrationList.Read(text.Split('\n')));

    [Fact]
    public void Whatever_is_printed_is_read_without_a_fault()
    {
        string[] pieces = [" [X] ", " [ ] ", " [-] ", "app", "0001", "\n", " ", "(", " (2 squashed migrations)", " (99999999999 squashed migrations)", " ( squashed migrations)", "[", "]", "\0", "\ud800", "\u001b[1m", "(no migrations)", "."];
        var random = new Random(7);
        for (var i = 0; i < 50_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => pieces[random.Next(pieces.Length)]));
            if (MigrationList.Read(text.Split('\n')) is { } list)
            {
                Assert.All(list.Pending, name => Assert.True(MigrationName.IsPart(name), name));
            }
        }
    }

    private static MigrationList List(string text) => MigrationList.Read(text.Split('\n'))!;
}
