using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Prism.Supervisor.Tests.Support;

/// <summary>A server that treats every connection as the test says, below any HTTP library. Keeps what it was asked.</summary>
internal sealed class RawSite : IDisposable
{
    private readonly Socket listener;
    private readonly CancellationTokenSource closed = new();
    private readonly List<string> requests = [];
    private readonly Func<NetworkStream, int, CancellationToken, Task> answer;

    /// <param name="answer">Gets the connection, after the request was read, and its number from 0 on.</param>
    public RawSite(Func<NetworkStream, int, CancellationToken, Task> answer, IPAddress? address = null)
        : this(answer, Listening(address ?? IPAddress.Loopback))
    {
    }

    /// <param name="listener">Listens already; closed with the site.</param>
    public RawSite(Func<NetworkStream, int, CancellationToken, Task> answer, Socket listener)
    {
        this.answer = answer;
        this.listener = listener;
        EndPoint = listener.LocalEndPoint!;
        _ = AcceptAsync();
    }

    public EndPoint EndPoint { get; }

    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (requests)
            {
                return [.. requests];
            }
        }
    }

    /// <summary>Answers all with one text.</summary>
    public static RawSite Saying(string response, IPAddress? address = null) => Saying(response, Listening(address ?? IPAddress.Loopback));

    public static RawSite Saying(string response, Socket listener) =>
        new(async (connection, _, token) => await connection.WriteAsync(Encoding.Latin1.GetBytes(response), token), listener);

    public void Dispose()
    {
        closed.Cancel();
        listener.Dispose();
        closed.Dispose();
    }

    private static Socket Listening(IPAddress address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, 0));
        socket.Listen();
        return socket;
    }

    private async Task AcceptAsync()
    {
        try
        {
            for (var number = 0; ; number++)
            {
                _ = ServeAsync(await listener.AcceptAsync(closed.Token), number, closed.Token);
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket client, int number, CancellationToken token)
    {
        using (var connection = new NetworkStream(client, ownsSocket: true))
        {
            try
            {
                var request = await ReadRequestAsync(connection, token);
                lock (requests)
                {
                    requests.Add(request);
                }

                await answer(connection, number, token);
            }
            catch (Exception fault) when (fault is OperationCanceledException or IOException)
            {
                // The other side has gone, or the test is over.
            }
        }
    }

    private static async Task<string> ReadRequestAsync(NetworkStream connection, CancellationToken token)
    {
        var request = new StringBuilder();
        var buffer = new byte[4096];
        while (!request.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var count = await connection.ReadAsync(buffer, token);
            if (count == 0)
            {
                break;
            }

            _ = request.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        return request.ToString();
    }
}
