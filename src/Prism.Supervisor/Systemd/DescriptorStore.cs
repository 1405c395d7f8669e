using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Systemd;

/// <summary>systemd's fd store (FDSTORE=1 in sd_notify(3)): what lies in it outlives this process and is passed to the next one. Without a manager nothing happens; what it does not take is a warning, never fatal.</summary>
/// <param name="room">FileDescriptorStoreMax= as $FDSTORE tells it from 254 on (systemd.exec(5)): what is beyond it the manager closes without a word.</param>
internal sealed class DescriptorStore(bool hasManager, string? room, ILogger<DescriptorStore> log)
{
    private readonly HashSet<string> kept = [];

    /// <summary>Keeps a duplicate. The name may have 255 characters of ASCII, without a colon.</summary>
    public void Keep(string name, Socket socket)
    {
        if (int.TryParse(room, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && kept.Add(name) && kept.Count > most)
        {
            log.NotStored(name, $"FileDescriptorStoreMax= is {room}: raise it to the number of addresses");
        }
        else if (hasManager && Libsystemd.Notify($"FDSTORE=1\nFDNAME={name}", (int)socket.SafeHandle.DangerousGetHandle()) is { } reason)
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
