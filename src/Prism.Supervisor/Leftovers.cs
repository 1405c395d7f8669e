using System.Net.Sockets;

namespace Prism.Supervisor;

/// <summary>Removes the sockets of supervisors that were killed: the runtime directory outlives them (RuntimeDirectoryPreserve=restart), and nobody else would.</summary>
internal static class Leftovers
{
    /// <summary>`notify.PID.NUMBER` and `probe.PID.NUMBER` that nobody holds open any more; what cannot be removed stays.</summary>
    public static void Sweep(string runtimeDirectory)
    {
        foreach (var path in Directory.EnumerateFiles(runtimeDirectory))
        {
            var isDead = Path.GetFileName(path).Split('.') is [var kind, _, _] && kind switch
            {
                "notify" => IsDead(path, SocketType.Dgram),
                "probe" => IsDead(path, SocketType.Stream),
                _ => false,
            };
            if (isDead)
            {
                Remove(path);
            }
        }
    }

    /// <summary>A number says nothing: the processes of others may be hidden (ProtectProc=), and it may be somebody else's by now.</summary>
    private static bool IsDead(string path, SocketType type)
    {
        // Blocking, a connection to who lives and does not accept would wait for ever; EAGAIN then.
        using var socket = new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return false;
        }
        catch (SocketException fault)
        {
            return fault.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It disturbs nobody.
        }
    }
}
