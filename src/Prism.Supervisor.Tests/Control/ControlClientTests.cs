using System.Net.Sockets;
using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Prism.Supervisor.Control;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Control;

/// <summary>The client, and whatever may answer it.</summary>
public sealed class ControlClientTests : IDisposable
{
    private const int HangGuard = 300_000;

    private readonly TempFolder folder = new();
    private readonly FakeServer server;
    private readonly List<string> heard = [];

    public ControlClientTests() => server = new FakeServer(folder["control"]);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        server.Dispose();
        folder.Dispose();
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_asks_and_leaves()
    {
        var asked = server.AnswerAsync("accepted\n");

        Assert.Null(await ReloadAsync(isWaiting: false));
        Assert.Equal("reload\n", await asked);
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_waits_for_the_verdict()
    {
        var asked = server.AnswerAsync("accepted\nprogress one\nprogress\nprogress two three\nfailed for a reason\nafterwards\n");

        Assert.Equal(new ReloadVerdict(false, "for a reason"), await ReloadAsync());
        Assert.Equal("reload wait\n", await asked);
        Assert.Equal(["one", "", "two three"], heard);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Lines_may_come_in_any_pieces()
    {
        var answer = Encoding.UTF8.GetBytes("accepted\nprogress für ü\nsucceeded ü\n");
        _ = server.AnswerAsync(async socket =>
        {
            for (var at = 0; at < answer.Length; at++)
            {
                _ = await socket.SendAsync(answer.AsMemory(at, 1), Stop);
            }
        });

        Assert.Equal(new ReloadVerdict(true, "ü"), await ReloadAsync());
        Assert.Equal(["für ü"], heard);
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("failed the supervisor is stopping\n")]
    [InlineData("accepted\nfailed the supervisor is stopping\n")]
    public async Task A_supervisor_that_stops_is_a_failed_reload(string answer)
    {
        _ = server.AnswerAsync(answer);

        Assert.Equal(new ReloadVerdict(false, "the supervisor is stopping"), await ReloadAsync());
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("", 75, "before it accepted")]
    [InlineData("accep", 75, "before it accepted")]
    [InlineData("accepted\n", 75, "before it told what came of the reload")]
    [InlineData("accepted\nprogress one\nsucceeded", 75, "before it told what came of the reload")]
    [InlineData("busy 16 others are waiting\n", 75, "is busy (16 others are waiting)")]
    [InlineData("forbidden not you\n", 77, "(not you): use sudo")]
    [InlineData("refused unknown request\n", 1, "(unknown request): if it is of another version")]
    [InlineData("succeeded without a word\n", 1, "does not speak")]
    [InlineData("accepted?\n", 1, "does not speak")]
    [InlineData("\n", 1, "does not speak")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", 1, "does not speak")]
    [InlineData("accepted\naccepted\n", 1, "does not speak")]
    [InlineData("accepted\nbusy\n", 1, "does not speak")]
    [InlineData("accepted\nSUCCEEDED\n", 1, "does not speak")]
    public async Task Whatever_is_no_verdict_is_one_line(string answer, int code, string words)
    {
        _ = server.AnswerAsync(answer);

        var failure = await Assert.ThrowsAsync<StartupException>(() => ReloadAsync());

        Assert.Equal(code, (int)failure.Code);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Contains(folder["control"], failure.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("busy x\n", "is busy (x)")]
    [InlineData("", "before it accepted")]
    public async Task What_was_said_before_the_door_was_slammed_is_heard(string answer, string words)
    {
        _ = server.SlamAsync(answer);

        Assert.Contains(words, (await Assert.ThrowsAsync<StartupException>(() => ReloadAsync())).Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task So_is_what_was_said_before_anything_was_asked()
    {
        for (var round = 0; round < 300; round++)
        {
            var slamming = server.RefuseAsync("busy x\n");

            Assert.Equal(ExitCode.TryAgain, (await Assert.ThrowsAsync<StartupException>(() => ReloadAsync())).Code);
            await slamming;
        }
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_line_without_an_end_is_not_kept()
    {
        _ = server.AnswerAsync(async socket =>
        {
            var noise = new byte[1 << 16];
            noise.AsSpan().Fill((byte)'x');
            while (true)
            {
                _ = await socket.SendAsync(noise, Stop);
            }
        });

        Assert.Equal(ExitCode.ReloadFailed, (await Assert.ThrowsAsync<StartupException>(() => ReloadAsync())).Code);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_hundred_thousand_steps_are_followed_to_the_verdict()
    {
        _ = server.AnswerAsync(async socket =>
        {
            _ = await socket.SendAsync("accepted\n"u8.ToArray(), Stop);
            var steps = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("progress on and on\n", 1000)));
            for (var round = 0; round < 100; round++)
            {
                _ = await socket.SendAsync(steps, Stop);
            }

            _ = await socket.SendAsync("succeeded at last\n"u8.ToArray(), Stop);
        });

        Assert.Equal(new ReloadVerdict(true, "at last"), await ReloadAsync());
        Assert.Equal(100_000, heard.Count);
        Assert.All(heard, line => Assert.Equal("on and on", line));
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_is_told_cannot_steer_a_terminal()
    {
        _ = server.AnswerAsync("accepted\nprogress \u001b[31m\a\u202e\u009b2J\r\nfailed \0\t\u2028x\n");

        var verdict = await ReloadAsync();

        Assert.Equal([" [31m   2J "], heard);
        Assert.Equal("   x", verdict!.Text);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Random_bytes_end_in_a_verdict_or_a_line()
    {
        var answers = Gen.OneOf(Gen.Byte.Array[0, 6000], Gen.Byte.Array[0, 6000].Select(bytes => (byte[])[.. "accepted\nprogress "u8, .. bytes]));
        await answers.SampleAsync(
            async answer =>
            {
                var answering = server.AnswerAsync(async socket => _ = await socket.SendAsync(answer, Stop));

                var failure = await Assert.ThrowsAsync<StartupException>(() => ReloadAsync());

                Assert.DoesNotContain(failure.Message, char.IsControl);
                await answering.ContinueWith(_ => { }, Stop, TaskContinuationOptions.None, TaskScheduler.Default); // The client may have heard enough before the end.
            },
            iter: 300,
            threads: 1);

        Assert.All(heard, line => Assert.DoesNotContain(line, char.IsControl));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_supervisor_that_hangs_is_told_after_a_while()
    {
        // The kernel accepts for it.
        var failure = await Assert.ThrowsAsync<StartupException>(() => ReloadAsync(time: new SkippingTime(ControlClient.Patience)));

        Assert.Equal(ExitCode.TryAgain, failure.Code);
        Assert.Contains("does not answer", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_backlog_that_is_full_is_told()
    {
        var waiting = new List<Socket>();
        try
        {
            using var full = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            _ = Directory.CreateDirectory(folder["full"]);
            full.Bind(new UnixDomainSocketEndPoint(folder["full/control"]));
            full.Listen(1);
            for (var number = 0; number < 2; number++)
            {
                waiting.Add(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));
                await waiting[number].ConnectAsync(new UnixDomainSocketEndPoint(folder["full/control"]), Stop);
            }

            var failure = await Assert.ThrowsAsync<StartupException>(() => new ControlClient(folder["full"], new FakeTimeProvider()).ReloadAsync(false, heard.Add));

            Assert.Equal(ExitCode.TryAgain, failure.Code);
        }
        finally
        {
            waiting.ForEach(socket => socket.Dispose());
        }
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("absent", 69, "no supervisor listens at")]
    [InlineData("file", 69, "no supervisor listens at")]
    [InlineData("dead", 69, "no supervisor listens at")]
    [InlineData("file/below", 69, "no supervisor listens at")]
    [InlineData("long", 64, "longer than the 107 bytes")]
    public async Task Where_nobody_listens_it_says_where_and_what_to_do(string where, int code, string words)
    {
        _ = Directory.CreateDirectory(folder["dead"]);
        _ = Directory.CreateDirectory(folder["file"]);
        _ = folder.Write("file/control", "");
        _ = folder.Write("file/below", "");
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(folder["dead/socket"]));
            File.Move(folder["dead/socket"], folder["dead/control"]);
        }

        var path = where == "long" ? folder[new string('x', 120)] : folder[where];
        var failure = await Assert.ThrowsAsync<StartupException>(() => new ControlClient(path, new FakeTimeProvider()).ReloadAsync(true, heard.Add));

        Assert.Equal(code, (int)failure.Code);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
    }

    private Task<ReloadVerdict?> ReloadAsync(bool isWaiting = true, TimeProvider? time = null) =>
        new ControlClient(folder.Path, time ?? new FakeTimeProvider()).ReloadAsync(isWaiting, heard.Add);
}
