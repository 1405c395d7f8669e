using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Health;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Health;

public sealed class HttpProbeTests
{
    private const int HangGuard = 300_000;

    private static readonly HealthOptions Options = TestOptions.Default.Health with { Path = "/healthz" };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory(Timeout = HangGuard)]
    [InlineData(200, true)]
    [InlineData(204, true)]
    [InlineData(250, true)]
    [InlineData(251, false)]
    [InlineData(404, true)]
    [InlineData(405, false)]
    [InlineData(503, false)]
    public async Task An_answer_is_good_when_its_status_is_in_a_range(int status, bool isGood)
    {
        using var site = RawSite.Saying($"HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n\r\n");

        var result = await AskAsync(site, Options with { AcceptedStatus = [new StatusRange(200, 250), new StatusRange(404, 404)] });

        Assert.Equal(isGood, result.Succeeded);
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_asks_what_was_configured()
    {
        using var site = RawSite.Saying("HTTP/1.1 200 OK\r\n\r\n");
        var options = Options with { Path = "/healthz?deep=1", Headers = new Dictionary<string, string> { ["X-Forwarded-Proto"] = "https", ["User-Agent"] = "mine" } };

        _ = await AskAsync(site, options, "prism.example");

        var request = Assert.Single(site.Requests).Split("\r\n");
        Assert.Equal("GET /healthz?deep=1 HTTP/1.1", request[0]);
        Assert.Contains("Host: prism.example", request);
        Assert.Contains("X-Forwarded-Proto: https", request);
        Assert.Contains("User-Agent: mine", request);
        Assert.Contains("Connection: close", request);
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("my_site.example")]
    [InlineData("prism.example:8443")]
    [InlineData("[::1]")]
    [InlineData("127.0.0.1")]
    public async Task Any_host_that_django_may_allow_is_sent_as_it_is(string host)
    {
        using var site = RawSite.Saying("HTTP/1.1 200 OK\r\n\r\n");

        _ = await AskAsync(site, Options, host);

        Assert.Contains($"Host: {host}", Assert.Single(site.Requests).Split("\r\n"));
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("prism/example")]
    [InlineData("pr\u00ef.example")]
    [InlineData("a\r\nb")]
    [InlineData("::1")]
    public async Task A_host_that_no_request_can_carry_is_a_failed_answer_not_a_fault(string host)
    {
        using var site = RawSite.Saying("HTTP/1.1 400 Bad Request\r\n\r\n");

        Assert.False((await AskAsync(site, Options, host)).Succeeded);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_redirect_is_an_answer_and_not_followed()
    {
        using var site = RawSite.Saying("HTTP/1.1 301 Moved Permanently\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");

        var result = await AskAsync(site);

        Assert.Equal(new ProbeResult.Answered(301, IsAccepted: true), result);
        _ = Assert.Single(site.Requests);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_site_that_does_not_answer_is_given_up_after_the_timeout()
    {
        var time = new FakeTimeProvider();
        using var site = new RawSite(async (_, _, token) =>
        {
            time.Advance(Options.Timeout);
            await Task.Delay(Timeout.Infinite, token);
        });

        var result = await AskAsync(site, time: time);

        Assert.Equal(new ProbeResult.TimedOut(Options.Timeout), result);
        Assert.Equal("did not answer within 5 s", result.ToString());
    }

    [Fact(Timeout = HangGuard)]
    public async Task Headers_that_trickle_in_for_ever_are_given_up_after_the_timeout()
    {
        var time = new FakeTimeProvider();
        using var site = new RawSite(async (connection, _, token) =>
        {
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nX-Slow: "u8.ToArray(), token);
            time.Advance(Options.Timeout);
            await Task.Delay(Timeout.Infinite, token);
        });

        Assert.Equal(new ProbeResult.TimedOut(Options.Timeout), await AskAsync(site, time: time));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_stop_ends_the_question()
    {
        using var stopping = new CancellationTokenSource();
        using var site = new RawSite(async (_, _, token) =>
        {
            await stopping.CancelAsync();
            await Task.Delay(Timeout.Infinite, token);
        });
        using var probe = new HttpProbe(Options, "prism.example", site.EndPoint, TimeProvider.System);

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probe.AskAsync(stopping.Token));
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("\u0001\u0002\u001b[31m\n\n\n\r\n")]
    [InlineData("HTTP/1.1\r\n\r\n")]
    [InlineData("HTTP/1.1 999999 Many\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: minus one\r\nno colon\r\n\r\n")]
    [InlineData("")]
    public async Task What_is_no_http_is_told_in_one_line(string response)
    {
        using var site = RawSite.Saying(response);

        var result = await AskAsync(site);

        _ = Assert.IsType<ProbeResult.Broken>(result);
        Assert.DoesNotContain(result.ToString(), char.IsControl);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Endless_headers_are_cut_off()
    {
        using var site = new RawSite(async (connection, _, token) =>
        {
            await connection.WriteAsync("HTTP/1.1 200 OK\r\n"u8.ToArray(), token);
            var line = Encoding.ASCII.GetBytes($"X-More: {new string('x', 1000)}\r\n");
            while (true)
            {
                await connection.WriteAsync(line, token);
            }
        });

        _ = Assert.IsType<ProbeResult.Broken>(await AskAsync(site));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_connection_that_nobody_accepts_is_told_as_such()
    {
        var site = RawSite.Saying("");
        var gone = site.EndPoint;
        site.Dispose();
        using var probe = new HttpProbe(Options, "prism.example", gone, TimeProvider.System);

        var result = await probe.AskAsync(Stop);

        Assert.Equal("could not be asked: nobody listens", result.ToString());
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_body_is_never_waited_for()
    {
        var hungUp = new TaskCompletionSource();
        using var site = new RawSite(async (connection, _, token) =>
        {
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nthe first of it"u8.ToArray(), token);
            try
            {
                if (await connection.ReadAsync(new byte[1], token) == 0)
                {
                    hungUp.SetResult();
                }
            }
            catch (IOException)
            {
                hungUp.SetResult();
            }
        });

        var result = await AskAsync(site);

        Assert.True(result.Succeeded);
        await hungUp.Task.WaitAsync(Stop);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_site_on_ipv6_is_asked_too()
    {
        using var site = RawSite.Saying("HTTP/1.1 200 OK\r\n\r\n", IPAddress.IPv6Loopback);

        Assert.True((await AskAsync(site)).Succeeded);
    }

    [Theory]
    [InlineData(400, "answered 400 (is the probe's Host in ALLOWED_HOSTS?)")]
    [InlineData(404, "answered 404 (is health.path a page of the site?)")]
    [InlineData(500, "answered 500")]
    public void An_answer_that_often_means_a_wrong_question_says_so(int status, string words) =>
        Assert.Equal(words, new ProbeResult.Answered(status, IsAccepted: false).ToString());

    private static async Task<ProbeResult> AskAsync(RawSite site, HealthOptions? options = null, string host = "prism.example", TimeProvider? time = null)
    {
        using var probe = new HttpProbe(options ?? Options, host, site.EndPoint, time ?? TimeProvider.System);
        return await probe.AskAsync(Stop);
    }
}
