using System.Net;
using System.Net.Sockets;
using Prism.Supervisor.Configuration;

namespace Prism.Supervisor.Health;

/// <summary>Asks the site one question: a GET on a connection of its own, redirects not followed, the body not read. Never throws for what the site does.</summary>
internal sealed class HttpProbe : IDisposable
{
    private readonly HttpMessageInvoker client;
    private readonly HealthOptions options;
    private readonly string host;
    private readonly TimeProvider time;

    public HttpProbe(HealthOptions options, string host, EndPoint endPoint, TimeProvider time)
    {
        this.options = options;
        this.host = host;
        this.time = time;
        client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectCallback = (_, token) => ConnectAsync(endPoint, token),
        });
    }

    /// <summary>What is asked, in words.</summary>
    public string Question => $"GET {options.Path} (Host: {host})";

    public async Task<ProbeResult> AskAsync(CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://prism{options.Path}"));
        _ = request.Headers.TryAddWithoutValidation("Host", host);
        request.Headers.ConnectionClose = true;
        _ = request.Headers.TryAddWithoutValidation("User-Agent", "prism-supervisor");
        foreach (var (name, value) in options.Headers)
        {
            _ = request.Headers.Remove(name);
            _ = request.Headers.TryAddWithoutValidation(name, value);
        }

        try
        {
            using var response = await client.SendAsync(request, either.Token);
            var status = (int)response.StatusCode;
            return new ProbeResult.Answered(status, options.AcceptedStatus.Any(range => range.Contains(status)));
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return new ProbeResult.TimedOut(options.Timeout);
        }
        catch (HttpRequestException fault) when (fault.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.AddressNotAvailable } refused)
        {
            // ENOENT comes as an address that is not available.
            return new ProbeResult.Broken(refused.SocketErrorCode == SocketError.ConnectionRefused ? "nobody listens" : "there is no such socket", IsDeaf: true);
        }
        catch (HttpRequestException fault)
        {
            return new ProbeResult.Broken((fault.InnerException ?? fault).Message);
        }
    }

    public void Dispose() => client.Dispose();

    private static async ValueTask<Stream> ConnectAsync(EndPoint endPoint, CancellationToken token)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(endPoint, token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
