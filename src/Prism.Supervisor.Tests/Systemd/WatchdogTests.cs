using System.Globalization;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor.Tests.Systemd;

public sealed class WatchdogTests
{
    private static readonly string OurPid = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    [Fact]
    public void It_is_due_at_half_of_what_the_manager_allows() =>
        Assert.Equal(TimeSpan.FromSeconds(15), Interval("30000000", OurPid));

    [Fact]
    public void Without_a_pid_it_is_ours() => Assert.Equal(TimeSpan.FromSeconds(1), Interval("2000000", null));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("soon")]
    [InlineData("18446744073709551615")]
    public void Who_is_not_asked_owes_nothing(string? microseconds) => Assert.Null(Interval(microseconds, OurPid));

    [Fact]
    public void What_another_process_was_asked_is_not_ours() => Assert.Null(Interval("30000000", "1"));

    [Fact]
    public void A_very_long_one_is_still_a_timer_that_can_be_set()
    {
        var interval = Interval("9223372036854775807", OurPid)!.Value;

        using var timer = TimeProvider.System.CreateTimer(_ => { }, null, TimeSpan.Zero, interval);
        Assert.True(interval > TimeSpan.FromHours(1));
    }

    private static TimeSpan? Interval(string? microseconds, string? pid)
    {
        var environment = new Dictionary<string, string>();
        if (microseconds is not null)
        {
            environment["WATCHDOG_USEC"] = microseconds;
        }

        if (pid is not null)
        {
            environment["WATCHDOG_PID"] = pid;
        }

        return Watchdog.Interval(environment);
    }
}
