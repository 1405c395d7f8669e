using System.Net.Sockets;
using System.Text;

namespace Prism.Supervisor.Tests.Control;

/// <summary>A client of the control socket that does what no client of ours does.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly byte[] one = new byte[1];

    private RawClient(Socket socket) => Socket = socket;

    public Socket Socket { get; }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<RawClient> ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), Stop);
        return new RawClient(socket);
    }

    public static async Task<RawClient> AskAsync(string path, string request)
    {
        var client = await ConnectAsync(path);
        await client.SendAsync(Encoding.UTF8.GetBytes(request));
        return client;
    }

    /// <summary>As far as the other side lets us: why it does not, it says in its answer.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            _ = await Socket.SendAsync(bytes, Stop);
        }
        catch (SocketException)
        {
            // It has closed the connection.
        }
    }

    /// <summary>The next line; null at the end.</summary>
    public async Task<string?> LineAsync()
    {
        var line = new List<byte>();
        try
        {
            while (await Socket.ReceiveAsync(one.AsMemory(), Stop) > 0)
            {
                if (one[0] == '\n')
                {
                    return Encoding.UTF8.GetString([.. line]);
                }

                line.Add(one[0]);
            }
        }
        catch (SocketException)
        {
            // Closed by the other side with something of ours unread.
        }

        return line.Count == 0 ? null : throw new InvalidOperationException($"half a line: {Encoding.UTF8.GetString([.. line])}");
    }

    /// <summary>All lines to the end.</summary>
    public async Task<List<string>> LinesAsync()
    {
        var lines = new List<string>();
        while (await LineAsync() is { } line)
        {
            lines.Add(line);
        }

        return lines;
    }

    public void Dispose() => Socket.Dispose();
}
