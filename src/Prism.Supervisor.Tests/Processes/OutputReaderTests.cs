using System.Globalization;
using System.Threading.Channels;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Processes;

/// <summary>Lines of a real child: none lost, none endless.</summary>
public sealed class OutputReaderTests
{
    private const int HangGuard = 300_000;

    [Theory(Timeout = HangGuard)]
    [InlineData(@"one\ntwo\n", "one|two")]
    [InlineData(@"one\r\ntwo\r\n", "one|two")]
    [InlineData(@"no end", "no end")]
    [InlineData(@"\n\nthird\n", "||third")]
    [InlineData(@"", "")]
    [InlineData(@"gr\303\274n\n", "grün")]
    [InlineData(@"bad\377byte\n", "bad\ufffdbyte")]
    [InlineData(@"over\rwritten\n", "over\rwritten")]
    public async Task Output_is_cut_into_lines(string printed, string expected)
    {
        var lines = await Children.LinesOfAsync(Programs.Spec("/usr/bin/printf", printed));

        Assert.Equal(expected, string.Join('|', lines));
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_beginning_of_a_line_is_heard_before_its_end_and_is_no_line()
    {
        var heard = Channel.CreateUnbounded<(string Text, bool IsWhole)>();
        var child = await Programs.Launcher.LaunchAsync(Programs.Spec(Programs.Shell, "-c", "printf 'one\\n  Applying a.b...'; exec sleep 1000") with { Heard = (text, isWhole) => heard.Writer.TryWrite((text, isWhole)) });
        Assert.Equal(("one", true), await heard.Reader.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(("  Applying a.b...", false), await heard.Reader.ReadAsync(TestContext.Current.CancellationToken));

        Assert.True(child.Output.TryRead(out var line) && line == "one" && !child.Output.TryRead(out _));
        _ = child.Signal(Signals.Terminate);

        Assert.Equal(("  Applying a.b...", true), await heard.Reader.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal("  Applying a.b...", await child.LineAsync());
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_line_that_is_written_letter_by_letter_is_not_heard_over_and_over()
    {
        var heard = 0L;
        var (_, lines) = await Children.RunAsync(Programs.Script("import os\nfor _ in range(8000): os.write(1, b'x')\nos.write(1, b'\\n')") with { Heard = (text, _) => heard += text.Length });

        Assert.Equal([8000], lines.Select(line => line.Length));
        Assert.InRange(heard, 8000, 8000 + ((long)OutputReader.LongestBeginning * OutputReader.LongestBeginning));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Both_streams_are_heard_in_order()
    {
        var lines = await Children.LinesOfAsync(Programs.Spec(Programs.Shell, "-c", "echo 1; echo 2 >&2; echo 3; echo 4 >&2"));

        Assert.Equal(["1", "2", "3", "4"], lines);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Of_a_line_without_end_only_the_beginning_is_kept_and_said_to_be_cut()
    {
        var lines = await Children.LinesOfAsync(Programs.Script("import sys; sys.stdout.write('x' * 1000000 + '\\nnext\\n' + 'y' * 50000)"));

        Assert.Equal([new string('x', OutputReader.LongestLine) + "…", "next", new string('y', OutputReader.LongestLine) + "…"], lines);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_hundred_thousand_lines_arrive_in_order()
    {
        var lines = await Children.LinesOfAsync(Programs.Spec("/usr/bin/seq", "100000"));

        Assert.Equal(Enumerable.Range(1, 100_000), lines.Select(line => int.Parse(line, CultureInfo.InvariantCulture)));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_child_that_talks_faster_than_it_is_heard_waits()
    {
        var child = await Programs.Launcher.LaunchAsync(Programs.Spec("/usr/bin/seq", "1000000"));

        Assert.Equal("1", await child.LineAsync());
        _ = await Programs.Launcher.KillTreeAsync(child);

        Assert.Equal("killed by SIGKILL", (await child.Exited.WaitAsync(TestContext.Current.CancellationToken)).ToString());
        await foreach (var line in child.Output.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            Assert.NotEqual("1000000", line);
        }
    }
}
