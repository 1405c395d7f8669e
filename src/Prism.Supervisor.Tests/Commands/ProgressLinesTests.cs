using Microsoft.Extensions.Time.Testing;
using Prism.Supervisor.Commands;

namespace Prism.Supervisor.Tests.Commands;

public sealed class ProgressLinesTests : IDisposable
{
    private readonly FakeTimeProvider time = new();
    private readonly StringWriter output = new() { NewLine = "\n" };

    public void Dispose() => output.Dispose();

    [Fact]
    public void A_pipe_gets_what_says_more_than_the_seconds_and_a_sign_of_life()
    {
        var lines = new ProgressLines(output, isTerminal: false, time);

        for (var second = 0; second < 15; second++)
        {
            lines.Write($"migrating 1/2 core.1, {second} s, waits for a lock: 'psql' (open for {second + 2} s) has it");
            time.Advance(TimeSpan.FromSeconds(1));
        }

        lines.Write("migrating 2/2 core.2, 0 s");
        lines.Write("migrating 2/2 core.2, 1 s");

        Assert.Equal(
            "migrating 1/2 core.1, 0 s, waits for a lock: 'psql' (open for 2 s) has it\nmigrating 1/2 core.1, 10 s, waits for a lock: 'psql' (open for 12 s) has it\nmigrating 2/2 core.2, 0 s\n",
            output.ToString());
    }

    [Fact]
    public void A_terminal_gets_all()
    {
        var lines = new ProgressLines(output, isTerminal: true, time);

        lines.Write("migrating 2/2 core.2, 0 s");
        lines.Write("migrating 2/2 core.2, 1 s");

        Assert.Equal("migrating 2/2 core.2, 0 s\nmigrating 2/2 core.2, 1 s\n", output.ToString());
    }
}
