using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Prism.Supervisor.Tests.Support;

/// <summary>A TCP server that treats every connection as the test says, below any HTTP library. Keeps what it was asked.</summary>
internal sealed class RawSite : IDisposable
{
    private readonly TcpListener listener;
    private readonly CancellationTokenSource closed = new();
    private readonly List<string> requests = [];
    private readonly Func<NetworkStream, int, CancellationToken, Task> answer;

    /// <param name="answer">Gets the connection, after the request was read, and its number from 0 on.</param>
    public RawSite(Func<NetworkStream, int, CancellationToken, Task> answer, IPAddress? address = null)
    {
        this.answer = answer;
        listener = new TcpListener(address ?? IPAddress.Loopback, 0);
        listener.Start();
        _ = AcceptAsync();
    }

    public EndPoint EndPoint => listener.LocalEndpoint;

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
    public static RawSite Saying(string response, IPAddress? address = null) =>
        new(async (connection, _, token) => await connection.WriteAsync(Encoding.Latin1.GetBytes(response), token), address);

    public void Dispose()
    {
        closed.Cancel();
        listener.Dispose();
        closed.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            for (var number = 0; ; number++)
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync(closed.Token), number, closed.Token);
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client, int number, CancellationToken token)
    {
        using (client)
        {
            try
            {
                var request = await ReadRequestAsync(client.GetStream(), token);
                lock (requests)
                {
                    requests.Add(request);
                }

                await answer(client.GetStream(), number, token);
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
