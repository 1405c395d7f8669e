using System.Text;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Health;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Health;

public sealed class HealthMonitorTests
{
    private const int HangGuard = 300_000;

    private static readonly HealthOptions Options = TestOptions.Default.Health with
    {
        Period = TimeSpan.FromSeconds(10),
        StartPeriod = TimeSpan.FromSeconds(1),
        FailureThreshold = 3,
        SuccessThreshold = 1,
    };

    /// <summary>Answers on the left; on the right H healthy, U unhealthy, f a failed answer, b busy, r recovered.</summary>
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

    [Theory(Timeout = HangGuard)]
    [InlineData("--+", "ffH")]
    [InlineData("---", "fffU")]
    [InlineData("bbbbb+", "fffffH")]
    [InlineData("--b--b---", "fffffffffU")]
    public async Task Who_is_judged_from_the_start_must_not_answer_badly_again_and_again_but_may_take_its_time(string answers, string expected)
    {
        var (reports, _) = await WatchAsync(answers, Options, judgesFromTheStart: true);

        Assert.Equal(expected, reports);
    }

    /// <summary>A b on the left is no HTTP, while the private socket answers.</summary>
    [Theory(Timeout = HangGuard)]
    [InlineData("b+", "fH")]
    [InlineData("+b+", "Hbr")]
    [InlineData("+bbbbb++", "Hbr")]
    [InlineData("+b+b+", "Hbrbr")]
    [InlineData("+-b+", "Hfbr")]
    [InlineData("+--b--+", "Hffbffr")]
    [InlineData("+bbbb---", "HbfffU")]
    public async Task Busy_is_said_once_and_is_no_failure(string answers, string expected)
    {
        using var quiet = RawSite.Saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

        var (reports, _) = await WatchAsync(answers, Options, quiet);

        Assert.Equal(expected, reports);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Busy_says_what_was_seen()
    {
        using var quiet = RawSite.Saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        using var site = Scripted("+b---");
        using var probe = Probe(Options, site, quiet);
        var reports = new List<HealthReport>();
        await foreach (var report in new HealthMonitor(Options, probe, new SkippingTime(Options.StartPeriod, Options.Period)).WatchAsync(TestContext.Current.CancellationToken))
        {
            reports.Add(report);
        }

        Assert.Matches("^busy: GET / \\(Host: prism.example\\) could not be asked: .+ where it is served; on its private socket it answers$", Assert.IsType<HealthReport.Busy>(reports[1]).Reason);
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
    public async Task While_another_generation_shares_the_address_nothing_is_said_to_have_recovered()
    {
        // Asked beside the public address twice, then alone.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var quiet = Scripted("+++++", () => ended.Cancel());
        using var site = Scripted("+b");
        using var probe = Probe(Options, site, quiet);
        var time = new SkippingTime(Options.StartPeriod, Options.Period);
        var reports = new List<HealthReport>();
        try
        {
            await foreach (var report in new HealthMonitor(Options, probe, time).WatchAsync(ended.Token))
            {
                reports.Add(report);
                if (report is HealthReport.Busy)
                {
                    probe.IsPublicShared = true;
                }
            }
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            // All answers were given.
        }

        _ = Assert.IsType<HealthReport.Busy>(reports[^1]);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Once_unhealthy_it_asks_no_more()
    {
        using var site = Scripted("+---++++");
        using var probe = Probe(Options, site, quiet: null);
        var reports = new List<HealthReport>();
        await foreach (var report in new HealthMonitor(Options, probe, new SkippingTime(Options.StartPeriod, Options.Period)).WatchAsync(TestContext.Current.CancellationToken))
        {
            reports.Add(report);
        }

        Assert.Equal("GET / (Host: prism.example) answered 500, 3 times in a row", Assert.IsType<HealthReport.BecameUnhealthy>(reports[^1]).Reason);
        Assert.Equal(4, site.Requests.Count);
    }

    /// <summary>Watches until all answers were given, and one more was asked for or the verdict has ended it.</summary>
    private static async Task<(string Reports, IReadOnlyList<TimeSpan> Waits)> WatchAsync(string answers, HealthOptions options, RawSite? quiet = null, bool judgesFromTheStart = false)
    {
        var time = new SkippingTime(options.StartPeriod, options.Period);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var site = Scripted(answers, () => ended.Cancel());
        using var probe = Probe(options, site, quiet);
        var reports = "";
        try
        {
            await foreach (var report in new HealthMonitor(options, probe, time, judgesFromTheStart).WatchAsync(ended.Token))
            {
                reports += report switch
                {
                    HealthReport.BecameHealthy => 'H',
                    HealthReport.BecameUnhealthy => 'U',
                    HealthReport.Failed => 'f',
                    HealthReport.Busy => 'b',
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

    private static SiteProbe Probe(HealthOptions options, RawSite site, RawSite? quiet) => quiet is null
        ? new SiteProbe(new HttpProbe(options, "prism.example", site.EndPoint, TimeProvider.System), null)
        : new SiteProbe(new HttpProbe(options, "prism.example", quiet.EndPoint, TimeProvider.System), new HttpProbe(options, "prism.example", site.EndPoint, TimeProvider.System));

    private static RawSite Scripted(string answers, Action? exhausted = null) => new(async (connection, number, token) =>
    {
        if (number >= answers.Length)
        {
            exhausted?.Invoke();
            return;
        }

        if (answers[number] == 'b')
        {
            await connection.WriteAsync("overrun\r\n\r\n"u8.ToArray(), token);
            return;
        }

        await connection.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {(answers[number] == '+' ? 200 : 500)} Said\r\nContent-Length: 0\r\n\r\n"), token);
    });
}
