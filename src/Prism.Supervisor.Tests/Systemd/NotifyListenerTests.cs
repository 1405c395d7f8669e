using Prism.Supervisor.Processes;
using Prism.Supervisor.Systemd;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Systemd;

/// <summary>Real datagrams from real processes.</summary>
public sealed class NotifyListenerTests : IDisposable
{
    private const int HangGuard = 300_000;

    private readonly TempFolder folder = new();
    private readonly NotifyListener listener;

    public NotifyListenerTests() => listener = new NotifyListener(folder["notify"]);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        listener.Dispose();
        folder.Dispose();
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_message_comes_with_its_senders_pid()
    {
        var child = await LaunchAsync("say(b'READY=1')");

        var (message, sender) = await FirstAsync();

        Assert.True(message.SaysReady);
        Assert.Equal(child.Pid, sender);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Who_claims_to_be_another_is_found_out()
    {
        // Only the privileged may claim another pid (unix(7)), and the claim must name a process that exists.
        var child = await LaunchAsync("""
            import struct
            try:
                s.sendmsg([b'READY=1'], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, struct.pack('iII', os.getppid(), 12345, 12345))], 0, path)
            except PermissionError:
                pass
            say(b'STATUS=done')
            """, user: 65534);

        var (message, sender) = await FirstAsync();

        Assert.False(message.SaysReady);
        Assert.Equal(child.Pid, sender);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_datagram_too_large_is_dropped_and_the_next_one_heard()
    {
        _ = await LaunchAsync("say(b'READY=1\\n' + b'x' * 5000); say(b'STATUS=' + b'x' * (4096 - 7))");

        var (message, _) = await FirstAsync();

        Assert.Equal(4096 - 7, Assert.Single(message.Assignments).Value.Length);
    }

    [Fact(Timeout = HangGuard)]
    public async Task An_empty_datagram_is_an_empty_message()
    {
        _ = await LaunchAsync("say(b''); say(b'READY=1')");
        var heard = new List<NotifyMessage>();

        await foreach (var (message, _) in listener.ReadAsync(Stop))
        {
            heard.Add(message);
            if (message.SaysReady)
            {
                break;
            }
        }

        Assert.Equal(2, heard.Count);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Ten_thousand_messages_arrive_in_order()
    {
        _ = await LaunchAsync("for number in range(10000): say(b'N=%d' % number)");
        var expected = 0;

        await foreach (var (message, _) in listener.ReadAsync(Stop))
        {
            Assert.Equal($"{expected++}", Assert.Single(message.Assignments).Value);
            if (expected == 10_000)
            {
                break;
            }
        }
    }

    [Fact(Timeout = HangGuard)]
    public async Task Descriptors_that_come_along_are_closed()
    {
        var file = folder.Write("passed", "");
        var child = await LaunchAsync($$"""
            import array
            fds = [os.open('{{file}}', os.O_RDONLY) for _ in range(100)]
            s.sendmsg([b'READY=1'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))], 0, path)
            s.sendmsg([b'READY=1'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds[:3]))], 0, path)
            """);

        var senders = new List<int>();
        await foreach (var (_, sender) in listener.ReadAsync(Stop))
        {
            senders.Add(sender);
            if (senders.Count == 2)
            {
                break;
            }
        }

        Assert.Equal([child.Pid, child.Pid], senders);
        Assert.DoesNotContain(Directory.EnumerateFiles("/proc/self/fd"), link => new FileInfo(link).LinkTarget == file);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Nobody_else_may_write_to_it_and_nothing_is_left_of_it()
    {
        using var stopping = new CancellationTokenSource();
        var mode = File.GetUnixFileMode(folder["notify"]);
        await stopping.CancelAsync();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in listener.ReadAsync(stopping.Token))
            {
                // Nobody speaks.
            }
        });
        listener.Dispose();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, mode);
        Assert.False(File.Exists(folder["notify"]));
    }

    [Fact]
    public void A_file_left_over_from_a_crash_is_replaced()
    {
        using var second = new NotifyListener(folder.Write("left", "over"));

        Assert.Equal(folder["left"], second.Path);
    }

    private async Task<(NotifyMessage Message, int SenderPid)> FirstAsync()
    {
        await foreach (var heard in listener.ReadAsync(Stop))
        {
            return heard;
        }

        throw new InvalidOperationException("the listener ended");
    }

    private Task<ChildProcess> LaunchAsync(string script, int? user = null)
    {
        if (user is not null)
        {
            // The socket is the owner's alone; for this test everyone may.
            File.SetUnixFileMode(folder.Path, File.GetUnixFileMode(folder.Path) | UnixFileMode.OtherExecute);
            File.SetUnixFileMode(folder["notify"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite);
        }

        return Programs.Launcher.LaunchAsync(Programs.Script($$"""
            import os, socket
            path = '{{listener.Path}}'
            if os.getuid() == 0 and {{user ?? 0}}:
                os.setgroups([])
                os.setgid({{user ?? 0}})
                os.setuid({{user ?? 0}})
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            def say(text): s.sendto(text, path)
            {{script}}
            """));
    }
}
