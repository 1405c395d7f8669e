using System.Net.Sockets;
using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Prism.Supervisor.Control;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Control;

/// <summary>Real sockets, and clients of every kind.</summary>
public sealed class ControlServerTests : IAsyncLifetime
{
    private const int HangGuard = 300_000;

    private readonly TempFolder folder = new();
    private readonly FakeReloads reloads = new();
    private readonly RecordingLogger<ControlServer> log = new();
    private readonly List<IDisposable> clients = [];
    private ControlServer? server;

    private string Path => folder["control"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        server = Serve(reloads.RunAsync);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        clients.ForEach(client => client.Dispose());
        await server!.DisposeAsync();
        folder.Dispose();
    }

    [Fact(Timeout = HangGuard)]
    public async Task Who_waits_is_told_each_step_and_the_verdict()
    {
        var client = await AskAsync("reload wait\n");
        var reload = await reloads.NextAsync();

        reload.Progress("one");
        reload.Progress("two");
        reload.Succeed("all is new");

        Assert.Equal(["accepted", "progress one", "progress two", "succeeded all is new"], await client.LinesAsync());
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_failed_reload_is_told_as_one()
    {
        var client = await AskAsync("reload wait\n");

        (await reloads.NextAsync()).Fail("migrate: exit code 1");

        Assert.Equal(["accepted", "failed migrate: exit code 1"], await client.LinesAsync());
    }

    [Fact(Timeout = HangGuard)]
    public async Task Who_does_not_wait_is_let_go_at_once()
    {
        var client = await AskAsync("reload\n");

        Assert.Equal(["accepted"], await client.LinesAsync());
        var reload = await reloads.NextAsync();
        reload.Progress("nobody hears this");
        reload.Succeed();
    }

    [Fact(Timeout = HangGuard)]
    public async Task Every_request_is_one_reload_and_all_are_served_at_a_time()
    {
        var asking = new List<RawClient>();
        for (var number = 0; number < ControlServer.MostClients; number++)
        {
            asking.Add(await AskAsync("reload wait\n"));
            Assert.Equal("accepted", await asking[number].LineAsync());
        }

        for (var number = 0; number < asking.Count; number++)
        {
            (await reloads.NextAsync()).Succeed($"number {number}");
            Assert.Equal($"succeeded number {number}", await asking[number].LineAsync());
        }
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("restart\n")]
    [InlineData("\n")]
    [InlineData("reload \n")]
    [InlineData(" reload\n")]
    [InlineData("RELOAD\n")]
    [InlineData("reload\r\n")]
    [InlineData("reload\0\n")]
    [InlineData("reload wait now\n")]
    [InlineData("reloadwait\n")]
    [InlineData("reload 0123456789012345678901234567890123456789012345678901234567")]
    public async Task Other_words_are_refused_and_nothing_is_reloaded(string request)
    {
        var client = await AskAsync(request);

        Assert.Equal(["refused unknown request"], await client.LinesAsync());
        Assert.Equal(0, reloads.Count);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_line_that_comes_byte_by_byte_is_a_line()
    {
        var client = await ConnectAsync();

        foreach (var letter in "reload wait\n")
        {
            await client.SendAsync(new[] { (byte)letter });
        }

        Assert.Equal("accepted", await client.LineAsync());
    }

    [Fact(Timeout = HangGuard)]
    public async Task Half_a_line_reloads_nothing()
    {
        var client = await AskAsync("reload");

        client.Socket.Shutdown(SocketShutdown.Send);

        Assert.Empty(await client.LinesAsync());
        Assert.Equal(0, reloads.Count);
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("")]
    [InlineData("reload")]
    public async Task Who_does_not_finish_the_line_is_let_go_after_a_while(string said)
    {
        await server!.DisposeAsync();
        server = Serve(reloads.RunAsync, new SkippingTime(TimeSpan.FromSeconds(5)));

        var client = await AskAsync(said);

        Assert.Empty(await client.LinesAsync());
        Assert.Equal(0, reloads.Count);
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_follows_the_line_is_never_read()
    {
        var client = await AskAsync("reload wait\nreload wait\nreload\n");

        (await reloads.NextAsync()).Succeed();

        Assert.Equal(["accepted", "succeeded done"], await client.LinesAsync());
        Assert.Equal(0, reloads.Count);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Who_has_said_all_it_will_may_still_listen()
    {
        var client = await AskAsync("reload wait\n");
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("accepted", await client.LineAsync());

        (await reloads.NextAsync()).Succeed();

        Assert.Equal("succeeded done", await client.LineAsync());
    }

    [Fact(Timeout = HangGuard)]
    public async Task Texts_are_one_line_without_control_characters_and_of_a_length_that_fits()
    {
        var client = await AskAsync("reload wait\n");
        var reload = await reloads.NextAsync();

        reload.Progress("a\nsucceeded all\u001b[31m\u2028\u202e\ud800");
        reload.Progress("");
        reload.Progress(new string('\uffee', 5000));
        reload.Fail("x\r\ny");

        var lines = await client.LinesAsync();
        Assert.Equal(["accepted", "progress a succeeded all [31m  \ufffd", "progress"], lines[..3]);
        Assert.Equal($"progress {new string('\uffee', 1000)}…", lines[3]);
        Assert.InRange(Encoding.UTF8.GetByteCount(lines[3]), 3000, ControlWords.LongestAnswer - 1);
        Assert.Equal("failed x  y", lines[4]);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Who_leaves_does_not_end_the_reload_nor_keep_its_place()
    {
        for (var number = 0; number < 3 * ControlServer.MostClients; number++)
        {
            using (var client = await RawClient.AskAsync(Path, "reload wait\n"))
            {
                Assert.Equal("accepted", await client.LineAsync());
            }

            // It is gone when it is seen to be; until then it may be counted.
            var reload = await reloads.NextAsync();
            Assert.False(reload.End.Task.IsCompleted);
            await FreePlaceAsync();
        }
    }

    [Fact(Timeout = HangGuard)]
    public async Task Too_many_are_told_so_and_the_next_is_served_when_one_has_left()
    {
        var waiting = new List<RawClient>();
        for (var number = 0; number < ControlServer.MostClients; number++)
        {
            waiting.Add(await ConnectAsync());
        }

        Assert.Equal(["busy 16 others are waiting"], await (await AskAsync("reload wait\n")).LinesAsync());
        Assert.Equal(0, reloads.Count);

        waiting[3].Dispose();
        await FreePlaceAsync();
    }

    [Fact(Timeout = HangGuard)]
    public async Task Who_never_reads_holds_up_neither_the_reload_nor_others_and_is_let_go()
    {
        await server!.DisposeAsync();
        var time = new SkippingTime(TimeSpan.FromSeconds(10));
        server = Serve(reloads.RunAsync, time);
        var deaf = await ConnectAsync();
        deaf.Socket.ReceiveBufferSize = 1;
        await deaf.SendAsync("reload wait\n"u8.ToArray());
        var reload = await reloads.NextAsync();
        var other = await AskAsync("reload wait\n");
        Assert.Equal("accepted", await other.LineAsync());

        while (time.Waits.Count == 0)
        {
            reload.Progress(new string('x', 1000));
            await Task.Yield();
        }

        (await reloads.NextAsync()).Succeed();
        Assert.Equal("succeeded done", await other.LineAsync());
        var heard = await deaf.LinesAsync();
        Assert.Equal("accepted", heard[0]);
        Assert.StartsWith("progress xxx", heard[^1], StringComparison.Ordinal);
        reload.Succeed();
    }

    [Fact(Timeout = HangGuard)]
    public async Task Who_reads_slowly_misses_steps_but_not_the_verdict()
    {
        var slow = await AskAsync("reload wait\n");
        var reload = await reloads.NextAsync();

        for (var number = 0; number < 10_000; number++)
        {
            reload.Progress(new string('x', 1000));
        }

        reload.Succeed("after all");

        var heard = await slow.LinesAsync();
        Assert.Equal("succeeded after all", heard[^1]);
        Assert.InRange(heard.Count, 3, 10_000);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_reload_that_blocks_its_caller_blocks_nobody_else()
    {
        using var gate = new SemaphoreSlim(0);
        using var begun = new SemaphoreSlim(0);
        await server!.DisposeAsync();
        server = Serve(progress =>
        {
            begun.Release();
            gate.Wait(Stop);
            return Task.FromResult(new ReloadVerdict(true, "done"));
        });
        var first = await AskAsync("reload wait\n");
        await begun.WaitAsync(Stop);

        Assert.Equal(["refused unknown request"], await (await AskAsync("x\n")).LinesAsync());

        _ = gate.Release();
        Assert.Equal(["accepted", "succeeded done"], await first.LinesAsync());
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_reload_that_throws_is_a_failed_one_and_is_logged()
    {
        await server!.DisposeAsync();
        server = Serve(_ => throw new InvalidTimeZoneException("secret"));

        Assert.Equal(["accepted", "failed a fault of prism-supervisor itself (InvalidTimeZoneException)"], await (await AskAsync("reload wait\n")).LinesAsync());
        Assert.Contains(log.Entries, entry => entry.Text == "A fault of prism-supervisor itself in a reload; please report it");
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_supervisor_that_stops_tells_all_who_wait_and_leaves_no_file()
    {
        var waiting = await AskAsync("reload wait\n");
        Assert.Equal("accepted", await waiting.LineAsync());
        var silent = await ConnectAsync();
        var half = await AskAsync("rel");
        Assert.Equal(["refused unknown request"], await (await AskAsync("x\n")).LinesAsync()); // All before it have been accepted.

        await server!.DisposeAsync();

        foreach (var client in (RawClient[])[waiting, silent, half])
        {
            Assert.Equal(["failed the supervisor is stopping"], await client.LinesAsync());
        }

        Assert.False(File.Exists(Path));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Stopping_does_not_wait_for_who_does_not_read()
    {
        var deaf = await AskAsync("reload wait\n");
        var reload = await reloads.NextAsync();
        for (var number = 0; number < 10_000; number++)
        {
            reload.Progress(new string('x', 1000));
            await Task.Yield();
        }

        await server!.DisposeAsync();

        Assert.All(await deaf.LinesAsync(), line => Assert.Matches("^(accepted|progress x+|failed the supervisor is stopping)$", line));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Random_bytes_never_reload_and_never_end_it()
    {
        var requests = Gen.OneOf(Gen.Byte.Array[0, 200], Gen.Byte.Array[0, 100].Select(bytes => (byte[])[.. "reload"u8, .. bytes]))
            .Where(bytes => !bytes.AsSpan().StartsWith("reload\n"u8) && !bytes.AsSpan().StartsWith("reload wait\n"u8));
        await requests.SampleAsync(
            async bytes =>
            {
                using var client = await RawClient.ConnectAsync(Path);
                await client.SendAsync(bytes);
                client.Socket.Shutdown(SocketShutdown.Send);
                return await client.LinesAsync() is [] or ["refused unknown request"];
            },
            iter: 500,
            threads: 1);

        Assert.Equal(0, reloads.Count);
        Assert.Equal("accepted", await (await AskAsync("reload wait\n")).LineAsync());
    }

    [Fact(Timeout = HangGuard)]
    public async Task Hundreds_who_come_at_once_are_all_answered()
    {
        var told = new List<string>[300];
        await Parallel.ForAsync(0, told.Length, new ParallelOptions { MaxDegreeOfParallelism = 20, CancellationToken = Stop }, async (number, _) =>
        {
            using var client = await RawClient.AskAsync(Path, number % 3 == 0 ? "reload\n" : number % 3 == 1 ? "x\n" : "");
            if (number % 3 == 2)
            {
                client.Socket.Shutdown(SocketShutdown.Send);
            }

            told[number] = await client.LinesAsync();
        });

        Assert.All(told.Index(), one => Assert.True(one.Item is [] or ["accepted"] or ["refused unknown request"] or ["busy 16 others are waiting"], $"{one.Index}: {string.Join('|', one.Item)}"));
        Assert.Equal(told.Count(lines => lines is ["accepted"]), reloads.Count);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Only_root_and_its_own_user_may_ask_even_where_the_file_lets_others()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root, to be somebody else");
        File.SetUnixFileMode(folder.Path, File.GetUnixFileMode(folder.Path) | UnixFileMode.OtherExecute);
        File.SetUnixFileMode(Path, File.GetUnixFileMode(Path) | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);

        var said = await Children.LinesOfAsync(Programs.Script($"""
            import os, socket
            os.setgroups([]); os.setgid(65534); os.setuid(65534)
            s = socket.socket(socket.AF_UNIX)
            s.connect('{Path}')
            try:
                s.sendall(b'reload\n')
            except BrokenPipeError:
                pass
            print(s.recv(100).decode(), end='')
            """));

        Assert.Equal(["forbidden only root and the user of the supervisor may"], said);
        Assert.Equal(0, reloads.Count);
        Assert.Contains(log.Entries, entry => entry.Text.EndsWith("of user 65534 may not use the control socket", StringComparison.Ordinal));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Who_asked_is_logged()
    {
        _ = await (await AskAsync("reload\n")).LinesAsync();

        Assert.Contains(log.Entries, entry => entry.Text.StartsWith($"A reload was asked for by process {Environment.ProcessId} of user ", StringComparison.Ordinal));
    }

    [Fact]
    public void Nobody_else_may_connect() =>
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));

    [Theory(Timeout = HangGuard)]
    [InlineData("a file")]
    [InlineData("a socket")]
    [InlineData("a link")]
    public async Task What_is_left_of_a_supervisor_that_died_is_replaced(string left)
    {
        await server!.DisposeAsync();
        if (left == "a socket")
        {
            _ = await Children.RunAsync(Programs.Script($"import socket; s = socket.socket(socket.AF_UNIX); s.bind('{Path}'); s.listen()"));
        }
        else if (left == "a link")
        {
            _ = File.CreateSymbolicLink(Path, folder["nowhere"]);
        }
        else
        {
            _ = folder.Write("control", "");
        }

        server = Serve(reloads.RunAsync);

        Assert.Equal(["accepted"], await (await AskAsync("reload\n")).LinesAsync());
        Assert.False(File.Exists(folder["nowhere"]));
    }

    [Fact(Timeout = HangGuard)]
    public async Task One_that_lives_is_not_replaced()
    {
        var failure = Assert.Throws<StartupException>(() => Serve(reloads.RunAsync));

        Assert.Equal((ExitCode.TryAgain, $"another supervisor listens at {Path}: stop it, or give this one a runtimeDirectory of its own"), (failure.Code, failure.Message));
        Assert.Equal(["accepted"], await (await AskAsync("reload\n")).LinesAsync());
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("absent")]
    [InlineData("taken")]
    public void A_folder_that_cannot_hold_it_is_told(string name)
    {
        _ = Directory.CreateDirectory(folder["taken/control/inside"]);

        var failure = Assert.Throws<StartupException>(() => new ControlServer(folder[name], reloads.RunAsync, TimeProvider.System, log));

        Assert.Contains($"the control socket {folder[name]}/control cannot be made", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }

    /// <summary>Asks until it is served, which it is once the server has seen that somebody left.</summary>
    private async Task FreePlaceAsync()
    {
        while (true)
        {
            var client = await RawClient.AskAsync(Path, "x\n");
            using (client)
            {
                if (await client.LineAsync() == "refused unknown request")
                {
                    return;
                }
            }
        }
    }

    private ControlServer Serve(Func<Action<string>, Task<ReloadVerdict>> reload, TimeProvider? time = null) =>
        new(folder.Path, reload, time ?? new FakeTimeProvider(), log);

    private async Task<RawClient> ConnectAsync() => Keep(await RawClient.ConnectAsync(Path));

    private async Task<RawClient> AskAsync(string request) => Keep(await RawClient.AskAsync(Path, request));

    private RawClient Keep(RawClient client)
    {
        clients.Add(client);
        return client;
    }
}
