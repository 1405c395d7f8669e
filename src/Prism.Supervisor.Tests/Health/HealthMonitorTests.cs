using System.Text;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Health;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Health;

public sealed class HealthMonitorTests
{
    private const int HangGuard = 60_000;

    private static readonly HealthOptions Options = TestOptions.Default.Health with
    {
        Period = TimeSpan.FromSeconds(10),
        StartPeriod = TimeSpan.FromSeconds(1),
        FailureThreshold = 3,
        SuccessThreshold = 1,
    };

    /// <summary>Answers on the left; on the right H healthy, U unhealthy, f a failed answer, r recovered.</summary>
    [Theory(Timeout = HangGuard)]
    [InlineData("+", "H")]
    [InlineData("++++", "H")]
    [InlineData("--------+", "ffffffffH")]
    [InlineData("+---", "HfffU")]
    [InlineData("+--+---", "HffrfffU")]
    [InlineData("+-+-+-+", "Hfrfrfr")]
    public async Task It_yields_what_changes(string answers, string expected)
    {
        var (reports, _) = await WatchAsync(answers, Options);

        Assert.Equal(expected, reports);
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_asks_quickly_until_the_first_good_answer_and_then_every_period()
    {
        var (_, waits) = await WatchAsync("--+-++", Options);

        Assert.Equal("1 1 10 10 10", string.Join(' ', waits.Take(5).Select(wait => wait.TotalSeconds)));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Several_good_answers_in_a_row_can_be_asked_for()
    {
        var (reports, _) = await WatchAsync("+-+++", Options with { SuccessThreshold = 3 });

        Assert.Equal("fH", reports);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Once_unhealthy_it_asks_no_more()
    {
        using var site = Scripted("+---++++");
        using var probe = new HttpProbe(Options, "prism.example", site.EndPoint, TimeProvider.System);
        var reports = new List<HealthReport>();
        await foreach (var report in new HealthMonitor(Options, probe, new SkippingTime(Options.StartPeriod, Options.Period)).WatchAsync(TestContext.Current.CancellationToken))
        {
            reports.Add(report);
        }

        Assert.Equal("GET / (Host: prism.example) answered 500, 3 times in a row", Assert.IsType<HealthReport.BecameUnhealthy>(reports[^1]).Reason);
        Assert.Equal(4, site.Requests.Count);
    }

    /// <summary>Watches until all answers were given, and one more was asked for or the verdict has ended it.</summary>
    private static async Task<(string Reports, IReadOnlyList<TimeSpan> Waits)> WatchAsync(string answers, HealthOptions options)
    {
        var time = new SkippingTime(options.StartPeriod, options.Period);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var site = Scripted(answers, () => ended.Cancel());
        using var probe = new HttpProbe(options, "prism.example", site.EndPoint, TimeProvider.System);
        var reports = "";
        try
        {
            await foreach (var report in new HealthMonitor(options, probe, time).WatchAsync(ended.Token))
            {
                reports += report switch
                {
                    HealthReport.BecameHealthy => 'H',
                    HealthReport.BecameUnhealthy => 'U',
                    HealthReport.Failed => 'f',
                    HealthReport.Recovered => 'r',
                    _ => '!',
                };
            }
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            // All answers were given.
        }

        return (reports, time.Waits);
    }

    private static RawSite Scripted(string answers, Action? exhausted = null) => new(async (connection, number, token) =>
    {
        if (number >= answers.Length)
        {
            exhausted?.Invoke();
            return;
        }

        await connection.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {(answers[number] == '+' ? 200 : 500)} Said\r\nContent-Length: 0\r\n\r\n"), token);
    });
}
