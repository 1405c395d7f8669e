using Microsoft.Extensions.Time.Testing;
using Prism.Supervisor.Migrations;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Migrations;

/// <summary>The story of a migrate, by its output and a clock that is turned by hand.</summary>
public sealed class MigrationProgressTests
{
    private readonly RecordingLogger<Migration> log = new();
    private readonly FakeTimeProvider time = new();
    private readonly MigrationProgress told;

    public MigrationProgressTests() => told = new MigrationProgress("migrate", new Redactor([KeyValuePair.Create("TOKEN", new Secret("hush-hush-hush"))]), time, log);

    [Fact]
    public void Which_of_how_many_runs_and_for_how_long_is_told()
    {
        _ = told.Expect(["core.1", "core.2", "core.3"]);
        Assert.Null(told.Text());

        Assert.True(told.Hear("  Applying core.1... OK", isWhole: true));
        Assert.True(told.Hear("  Applying core.2...", isWhole: false));
        time.Advance(TimeSpan.FromSeconds(12.2));

        Assert.Equal("2/3 core.2, 12 s", told.Text());
        Assert.Equal(["core.1"], told.Applied);
        Assert.Equal("core.2", told.Running);
    }

    [Fact]
    public void Each_that_is_done_is_a_line_with_its_duration()
    {
        _ = told.Expect(["core.1", "core.2"]);
        _ = told.Hear("  Applying core.1...", isWhole: false);
        time.Advance(TimeSpan.FromSeconds(2.5));
        _ = told.Hear("  Applying core.1... OK", isWhole: true);
        told.Relayed();

        Assert.Equal(["Applied core.1 (1/2) in 2.5 s"], log.Entries.Select(entry => entry.Text));
    }

    [Fact]
    public void The_line_of_one_that_is_done_comes_behind_its_own()
    {
        _ = told.Hear("Running migrations:", isWhole: true);
        _ = told.Hear("  Applying core.1... OK", isWhole: true);
        _ = told.Hear("  Applying core.2... OK", isWhole: true);
        _ = told.Expect(["core.1", "core.2", "core.3"]);

        told.Relayed();
        Assert.Empty(log.Entries);
        told.Relayed();
        Assert.Equal(["Applied core.1 (1/3) in 0.0 s"], log.Entries.Select(entry => entry.Text));
        _ = told.Hear("  Applying core.3...", isWhole: false);
        told.Relayed();
        Assert.Equal(2, log.Entries.Count);
        told.Flush();
        Assert.Equal(2, log.Entries.Count);
    }

    [Fact]
    public void Nothing_stays_untold_when_no_more_lines_come()
    {
        _ = told.Hear("  Applying core.1... OK", isWhole: true);
        told.Flush();

        Assert.Equal(["Applied core.1 (1) in 0.0 s"], log.Entries.Select(entry => entry.Text));
    }

    [Fact]
    public void Without_a_list_there_is_no_total()
    {
        _ = told.Hear("  Applying core.1... OK", isWhole: true);
        _ = told.Hear("  Applying core.2...", isWhole: false);

        Assert.Equal("2 core.2, 0 s", told.Text());
    }

    [Fact]
    public void A_list_that_was_made_while_they_ran_gives_the_same_total()
    {
        _ = told.Hear("  Applying core.1... OK", isWhole: true);
        Assert.Equal(["core.1", "core.2", "core.3"], told.Expect(["core.2", "core.3"]));
        _ = told.Hear("  Applying core.2...", isWhole: false);

        Assert.Equal("2/3 core.2, 0 s", told.Text());
    }

    [Fact]
    public void A_success_is_the_end_of_what_ran()
    {
        _ = told.Hear("  Applying core.1...", isWhole: true);
        _ = told.Hear("its own word OK", isWhole: true);
        told.Succeeded();

        Assert.Equal(["core.1"], told.Applied);
        Assert.Null(told.Running);
    }

    [Fact]
    public void A_secret_is_no_name_that_is_told()
    {
        _ = told.Hear("  Applying core.hush-hush-hush...", isWhole: false);

        Assert.Equal("1 core.***, 0 s", told.Text());
    }
}
