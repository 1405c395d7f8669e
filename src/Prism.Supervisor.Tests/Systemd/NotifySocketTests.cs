using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Systemd;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Systemd;

public sealed class NotifySocketTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly Socket manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly RecordingLogger<NotifySocket> log = new();
    private readonly NotifySocket notify;

    public NotifySocketTests()
    {
        manager.Bind(new UnixDomainSocketEndPoint(folder["notify"]));
        notify = Connect(folder["notify"]);
    }

    public void Dispose()
    {
        manager.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void The_manager_hears_every_word()
    {
        notify.Status("Reading the configuration");
        notify.Ready();
        notify.Watchdog();
        notify.Stopping();

        Assert.True(notify.IsConnected);
        Assert.Equal(["STATUS=Reading the configuration", "READY=1", "WATCHDOG=1", "STOPPING=1"], Heard());
    }

    [Fact]
    public void The_same_status_is_not_said_twice()
    {
        notify.Status("Serving");
        notify.Status("Serving");
        notify.Status("Stopping");
        notify.Status("Serving");

        Assert.Equal(["STATUS=Serving", "STATUS=Stopping", "STATUS=Serving"], Heard());
    }

    [Fact]
    public void Nobody_can_slip_a_second_assignment_into_a_status()
    {
        notify.Status("failed: x\nREADY=1");

        Assert.Equal(["STATUS=failed: x READY=1"], Heard());
    }

    [Fact]
    public void A_manager_that_has_gone_is_logged_and_nothing_more()
    {
        manager.Dispose();
        File.Delete(folder["notify"]);

        notify.Ready();

        var (level, text) = Assert.Single(log.Entries);
        Assert.Equal(LogLevel.Warning, level);
        Assert.StartsWith("The service manager did not take READY=1: ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_manager_nothing_happens()
    {
        var alone = Connect(null);

        alone.Ready();

        Assert.False(alone.IsConnected);
        Assert.Empty(log.Entries);
    }

    private NotifySocket Connect(string? path)
    {
        // The package reads the variable in its constructor and has no other way to be told.
        var before = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", path);
        try
        {
            return new NotifySocket(new SystemdNotifier(), log);
        }
        finally
        {
            Environment.SetEnvironmentVariable("NOTIFY_SOCKET", before);
        }
    }

    private List<string> Heard()
    {
        var heard = new List<string>();
        var datagram = new byte[NotifyMessage.LargestDatagram];
        while (manager.Poll(TimeSpan.Zero, SelectMode.SelectRead))
        {
            heard.Add(Encoding.UTF8.GetString(datagram, 0, manager.Receive(datagram)));
        }

        return heard;
    }
}
