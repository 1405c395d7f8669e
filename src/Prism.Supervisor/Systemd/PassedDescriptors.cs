using System.Globalization;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Systemd;

/// <summary>The descriptors the service manager passed, by name (sd_listen_fds(3)): sockets of a .socket unit, what the fd store kept, files of OpenFile=. All are close-on-exec from the first moment.</summary>
internal sealed class PassedDescriptors
{
    private const int First = 3;
    private readonly List<(int Number, string Name)> passed = [];

    /// <summary>To be called in the first lines of Main: what systemd passes would reach every child.</summary>
    public PassedDescriptors(IReadOnlyDictionary<string, string> environment)
    {
        if (!environment.TryGetValue("LISTEN_PID", out var pid)
            || !int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var owner)
            || owner != System.Environment.ProcessId
            || !environment.TryGetValue("LISTEN_FDS", out var text)
            || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return;
        }

        var names = environment.TryGetValue("LISTEN_FDNAMES", out var joined) ? joined.Split(':') : [];
        for (var i = 0; i < count && Descriptors.IsOpen(First + i); i++)
        {
            Descriptors.SetCloseOnExec(First + i);
            passed.Add((First + i, i < names.Length ? names[i] : "unknown"));
        }
    }

    /// <summary>The descriptor of that name, or null; the caller does not own it, it stays open for the next reading.</summary>
    public SafeFileHandle? File(string name) =>
        passed.Where(one => one.Name == name).Select(one => new SafeFileHandle(one.Number, ownsHandle: false)).FirstOrDefault();

    /// <summary>The listening stream sockets among them, which are the caller's from now on; other descriptors are left alone.</summary>
    public IReadOnlyList<PassedSocket> ListeningSockets() =>
        [.. passed.Where(one => SocketOptions.IsListeningStream(one.Number)).Select(one => new PassedSocket(one.Name, new Socket(new SafeSocketHandle(one.Number, ownsHandle: true))))];
}
