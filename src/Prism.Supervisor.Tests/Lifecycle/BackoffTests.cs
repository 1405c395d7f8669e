using CsCheck;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Lifecycle;

namespace Prism.Supervisor.Tests.Lifecycle;

public sealed class BackoffTests
{
    private static readonly RestartOptions HalfToThirty = new(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60), 8);

    [Theory]
    [InlineData(2, 0.5)]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    [InlineData(7, 16)]
    [InlineData(8, 30)]
    [InlineData(1000000, 30)]
    public void It_doubles_from_the_second_crash_on_up_to_the_maximum(int crashes, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Backoff.Delay(HalfToThirty, crashes, chance: 0));

    [Fact]
    public void Chance_adds_a_quarter_at_most() =>
        Assert.Equal(TimeSpan.FromSeconds(1.25), Backoff.Delay(HalfToThirty, crashes: 3, chance: 1));

    [Fact]
    public void It_is_never_shorter_than_the_first_delay_nor_longer_than_the_maximum() =>
        Gen.Select(Gen.Int[2, int.MaxValue], Gen.Double[0, 1]).Sample((crashes, chance) =>
        {
            var delay = Backoff.Delay(HalfToThirty, crashes, chance);

            Assert.InRange(delay, HalfToThirty.InitialDelay, HalfToThirty.MaximumDelay);
        });
}
