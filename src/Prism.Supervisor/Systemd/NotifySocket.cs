using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Systemd;

/// <summary>What we tell the service manager (sd_notify(3)). Without one, nothing happens; a manager that cannot be reached is logged, never fatal.</summary>
internal sealed class NotifySocket(ISystemdNotifier notifier, ILogger<NotifySocket> log)
{
    private string lastStatus = "";

    /// <summary>The last line shown.</summary>
    public string LastStatus => lastStatus;

    public bool IsConnected => notifier.IsEnabled;

    public void Ready() => Send("READY=1");

    /// <summary>With the moment by CLOCK_MONOTONIC, which Type=notify-reload wants in the same datagram (sd_notify(3)).</summary>
    public void Reloading(TimeProvider time) =>
        Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={time.GetTimestamp() / (time.TimestampFrequency / 1_000_000)}"));

    public void Stopping() => Send("STOPPING=1");

    public void Watchdog() => Send("WATCHDOG=1");

    /// <summary>The start, or stop, under way may take this long from now on (EXTEND_TIMEOUT_USEC of sd_notify(3)).</summary>
    public void ExtendTimeout(TimeSpan time) =>
        Send(string.Create(CultureInfo.InvariantCulture, $"EXTEND_TIMEOUT_USEC={(long)time.TotalMicroseconds}"));

    /// <summary>Shows a line in `systemctl status`; the same line again is not sent.</summary>
    public void Status(string text)
    {
        var line = StatusLine.From(text);
        if (line != lastStatus)
        {
            lastStatus = line;
            Send($"STATUS={line}");
        }
    }

    private void Send(string state)
    {
        try
        {
            notifier.Notify(new ServiceState(state));
        }
        catch (SocketException fault)
        {
            log.ManagerNotReached(state, fault.Message);
        }
    }
}
