using Prism.Supervisor.Migrations;

#pragma warning disable CA5394 // Inputs that are the same in each run.

namespace Prism.Supervisor.Tests.Migrations;

/// <summary>What Django 3.2 to 5.2 write while they migrate, cut where a pipe may cut it, and what no Django writes.</summary>
public sealed class MigrateOutputTests
{
    private readonly MigrateOutput output = new();

    [Fact]
    public void A_migration_has_begun_before_its_line_is_whole()
    {
        Assert.Empty(output.Hear("  Applying core.0007_index", isWhole: false));
        Assert.Equal([new("core.0007_index", false)], output.Hear("  Applying core.0007_index...", isWhole: false));
        Assert.Empty(output.Hear("  Applying core.0007_index... O", isWhole: false));
        Assert.Equal([new("core.0007_index", true)], output.Hear("  Applying core.0007_index... OK", isWhole: true));
    }

    [Theory]
    [InlineData("  Applying core.0007... OK")]
    [InlineData("  Applying core.0007... FAKED")]
    [InlineData("  Applying core.0007... OK (0.012s)")]
    [InlineData("  Applying core.0007...\u001b[32;1m OK\u001b[0m")]
    public void Each_of_Djangos_words_for_the_end_is_known(string line) =>
        Assert.Equal([new("core.0007", false), new("core.0007", true)], output.Hear(line, isWhole: true));

    [Fact]
    public void What_a_migration_writes_itself_is_no_end_of_it()
    {
        _ = output.Hear("  Applying core.0007...", isWhole: true);

        Assert.Empty(output.Hear("checking: all OK", isWhole: true));
        Assert.Empty(output.Hear("OK", isWhole: true));
        Assert.Equal([new("core.0007", true)], output.Hear(" OK", isWhole: true));
        Assert.Empty(output.Hear(" OK", isWhole: true));
    }

    [Fact]
    public void The_next_one_is_the_end_of_one_whose_own_end_was_overwritten()
    {
        _ = output.Hear("  Applying core.0007...", isWhole: true);
        Assert.Empty(output.Hear("half a line OK", isWhole: true));

        Assert.Equal([new("core.0007", true), new("core.0008", false)], output.Hear("  Applying core.0008...", isWhole: false));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Applying core.0007... OK")]
    [InlineData("  Applying ... OK")]
    [InlineData("  Applying core... OK")]
    [InlineData("  Applying .x... OK")]
    [InlineData("  Applying core.a b... OK")]
    [InlineData("  Applying core.\u0007... OK")]
    [InlineData("  Applying core.0007")]
    [InlineData("  No migrations to apply.")]
    [InlineData("\u001b[")]
    [InlineData("\u001b[31")]
    public void What_names_no_migration_tells_nothing(string line) => Assert.Empty(output.Hear(line, isWhole: true));

    [Fact]
    public void A_name_without_end_is_none() => Assert.Empty(output.Hear($"  Applying core.{new string('x', 16_000)}... OK", isWhole: true));

    [Fact]
    public void Whatever_is_heard_begins_and_ends_in_turn()
    {
        string[] pieces = ["  Applying ", "core.0001", "x.y", "...", " OK", " FAKED", " OK (1s)", "\u001b[1m", "\u001b[", "\0", "\ud800", " ", "\t", "é", "....", "."];
        var random = new Random(5);
        string? running = null;
        for (var i = 0; i < 100_000; i++)
        {
            var line = string.Concat(Enumerable.Range(0, random.Next(7)).Select(_ => pieces[random.Next(pieces.Length)]));
            foreach (var (name, isDone) in output.Hear(line, isWhole: random.Next(2) == 0))
            {
                Assert.Equal(isDone ? running : null, isDone ? name : running);
                running = isDone ? null : name;
                Assert.DoesNotContain(name, char.IsControl);
            }
        }
    }
}
