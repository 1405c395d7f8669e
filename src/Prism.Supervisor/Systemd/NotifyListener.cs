using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Systemd;

/// <summary>A notify socket of our own, for a child: yields each message with the pid the kernel vouches for. The file is removed at the end.</summary>
internal sealed class NotifyListener : IDisposable
{
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    /// <param name="path">Where children find it (NOTIFY_SOCKET); a left-over file there is replaced.</param>
    public NotifyListener(string path)
    {
        Path = path;
        File.Delete(path);
        Credentials.Request(socket);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public string Path { get; }

    /// <summary>Runs until the token is cancelled; what cannot be a notification is dropped.</summary>
    public async IAsyncEnumerable<(NotifyMessage Message, int SenderPid)> ReadAsync([EnumeratorCancellation] CancellationToken stopping)
    {
        var peeked = new byte[1];
        var datagram = new byte[NotifyMessage.LargestDatagram];
        while (true)
        {
            // .NET cannot receive credentials: wait with a peek, then take the datagram with recvmsg(2).
            _ = await socket.ReceiveAsync(peeked.AsMemory(), SocketFlags.Peek, stopping);
            if (Credentials.Receive(socket, datagram) is var (length, sender) && sender != 0)
            {
                yield return (NotifyMessage.Parse(datagram.AsSpan(0, length)), sender);
            }
        }
    }

    public void Dispose()
    {
        socket.Dispose();
        try
        {
            File.Delete(Path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Its folder is gone, and the file with it.
        }
    }
}
