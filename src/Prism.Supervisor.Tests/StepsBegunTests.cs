using Prism.Supervisor.Migrations;

namespace Prism.Supervisor.Tests;

public sealed class StepsBegunTests
{
    private const string NothingWhole = "migrate applied nothing whole (only a migration with atomic = False keeps what it did)";

    private readonly StepsBegun begun = new();

    [Fact]
    public void What_has_not_begun_has_changed_nothing()
    {
        begun.Migrated(new MigrationOutcome([], null, IsCertain: true));

        Assert.Null(begun.NotUndone());
    }

    [Fact]
    public void Where_nobody_knows_it_may_be_anything()
    {
        begun.Add("migrate");
        Assert.Equal("not undone: whatever migrate changed", begun.NotUndone());
        begun.Migrated(new MigrationOutcome(["core.1"], null, IsCertain: false));
        begun.Add("collectstatic");

        Assert.Equal("not undone: whatever migrate and collectstatic changed", begun.NotUndone());
    }

    [Theory]
    [InlineData(new[] { "core.1", "core.2" }, null, "not undone: what migrate applied (core.1, core.2)", "not undone: what migrate applied")]
    [InlineData(new[] { "core.1" }, "core.2", "not undone: what migrate applied (core.1); core.2 was not finished", "not undone: what migrate applied")]
    [InlineData(new string[0], "core.1", $"{NothingWhole}; core.1 was not finished", NothingWhole)]
    [InlineData(new string[0], null, "migrate applied nothing", "migrate applied nothing")]
    public void What_the_database_has_told_is_said(string[] applied, string? unfinished, string text, string named)
    {
        begun.Add("migrate");
        begun.Migrated(new MigrationOutcome(applied, unfinished, IsCertain: true));

        Assert.Equal(text, begun.NotUndone());
        begun.IsNamed = true;
        Assert.Equal(named, begun.NotUndone());
    }

    [Fact]
    public void What_others_changed_stands_behind_it()
    {
        begun.Add("migrate");
        begun.Add("collectstatic");
        begun.Migrated(new MigrationOutcome(["core.1"], null, IsCertain: true));
        Assert.Equal("not undone: what migrate applied (core.1), and whatever collectstatic changed", begun.NotUndone());
        begun.Migrated(new MigrationOutcome([], null, IsCertain: true));

        Assert.Equal("not undone: whatever collectstatic changed; migrate applied nothing", begun.NotUndone());
    }
}
