using Prism.Supervisor.Health;

namespace Prism.Supervisor.Tests.Health;

public sealed class HealthTallyTests
{
    /// <summary>Answers on the left (+ good, - not), the verdict after each on the right (? for none yet).</summary>
    [Theory]
    [InlineData(1, 1, "+-+-", "+-+-")]
    [InlineData(1, 3, "+--+---", "++++++-")]
    [InlineData(1, 3, "+--+--+--", "+++++++++")]
    [InlineData(1, 3, "--+", "??+")]
    [InlineData(1, 3, "----", "??--")]
    [InlineData(3, 1, "++-+++", "??---+")]
    [InlineData(2, 2, "+-+-+-+-", "????????")]
    [InlineData(2, 2, "++-+--++", "?++++--+")]
    public void A_verdict_changes_when_a_run_reaches_its_threshold(int successThreshold, int failureThreshold, string answers, string verdicts)
    {
        var tally = new HealthTally();
        var seen = "";
        foreach (var answer in answers)
        {
            tally = tally.Count(answer == '+', successThreshold, failureThreshold);
            seen += tally.Verdict switch { true => '+', false => '-', null => '?' };
        }

        Assert.Equal(verdicts, seen);
    }

    [Fact]
    public void Counting_for_years_overflows_nothing()
    {
        var tally = new HealthTally(int.MaxValue - 1, 0, true).Count(succeeded: true, 1, 3).Count(succeeded: true, 1, 3);

        Assert.True(tally.Verdict);
    }
}
