using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Systemd;

/// <summary>systemd's fd store (FDSTORE=1 in sd_notify(3)): what lies in it outlives this process and is passed to the next one. Without a manager nothing happens; what it does not take is a warning, never fatal.</summary>
internal sealed class DescriptorStore(bool hasManager, ILogger<DescriptorStore> log)
{
    /// <summary>Keeps a duplicate. The name may have 255 characters of ASCII, without a colon.</summary>
    public void Keep(string name, Socket socket)
    {
        if (hasManager && Libsystemd.Notify($"FDSTORE=1\nFDNAME={name}", (int)socket.SafeHandle.DangerousGetHandle()) is { } reason)
        {
            log.NotStored(name, reason);
        }
    }

    /// <summary>Drops all of that name; the manager closes them soon, not at once.</summary>
    public void Remove(string name)
    {
        if (hasManager && Libsystemd.Notify($"FDSTOREREMOVE=1\nFDNAME={name}") is { } reason)
        {
            log.NotRemoved(name, reason);
        }
    }
}
