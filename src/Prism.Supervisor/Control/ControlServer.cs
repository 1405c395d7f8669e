using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Control;

/// <summary>The control socket: hands requests for a reload to whoever reloads, and tells those who wait what came of it. Nothing that a client does, or leaves undone, holds up a reload or another client for long.</summary>
internal sealed class ControlServer : IAsyncDisposable
{
    public const int MostClients = 16;

    /// <summary>Before the next try, when there are no descriptors left.</summary>
    public static readonly TimeSpan AcceptPause = TimeSpan.FromSeconds(1);

    private const int MostUnsent = 64;
    private const string IsStopping = "the supervisor is stopping";

    private readonly Func<Action<string>, Task<ReloadVerdict>> reload;
    private readonly TimeProvider time;
    private readonly ILogger<ControlServer> log;
    private readonly CancellationTokenSource stopping = new();
    private readonly Socket listener;
    private readonly Task accepting;
    private bool isDisposed;

    /// <param name="folder">The runtime directory. A socket that nobody listens on is replaced.</param>
    /// <param name="reload">Called for each request, on any thread; what it says of its progress may come from any thread and never waits.</param>
    public ControlServer(string folder, Func<Action<string>, Task<ReloadVerdict>> reload, TimeProvider time, ILogger<ControlServer> log)
    {
        (this.reload, this.time, this.log) = (reload, time, log);
        listener = ControlSocket.Listen(Path.Combine(folder, ControlWords.FileName));
        accepting = AcceptAsync();
    }

    /// <summary>Tells those who wait that the supervisor is stopping. What became of their reload is not awaited.</summary>
    public async ValueTask DisposeAsync()
    {
        if (isDisposed)
        {
            return;
        }

        isDisposed = true;
        await stopping.CancelAsync();
        // .NET removes the file with the socket that was bound to it.
        listener.Dispose();
        await accepting;
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> serving = [];
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptAsync(stopping.Token);
                _ = serving.RemoveAll(task => task.IsCompleted);
                serving.Add(ServeAsync(socket, isFull: serving.Count >= MostClients));
            }
            catch (Exception fault) when (fault is OperationCanceledException or ObjectDisposedException)
            {
                break;
            }
            catch (SocketException fault)
            {
                await PauseAsync(fault.Message);
            }
        }

        await Task.WhenAll(serving);
    }

    private async Task PauseAsync(string reason)
    {
        if (!stopping.IsCancellationRequested)
        {
            log.NotAccepting(reason);
            await Task.Delay(AcceptPause, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // The file's mode and its folder's say the same; but a folder may be configured, and modes be changed.
    private bool Admit(ControlConnection client, bool isFull)
    {
        if (client.User != 0 && client.User != UserIds.Effective)
        {
            log.Forbidden(client.Pid, client.User);
            client.TrySay(ControlWords.Forbidden, "only root and the user of the supervisor may");
            return false;
        }

        if (isFull)
        {
            client.TrySay(ControlWords.Busy, $"{MostClients} others are waiting");
            return false;
        }

        return true;
    }

    // Who is turned away is so before the first await, and takes no place.
    private async Task ServeAsync(Socket socket, bool isFull)
    {
        using (socket)
        {
            try
            {
                var client = new ControlConnection(socket, time);
                if (Admit(client, isFull))
                {
                    // From here on elsewhere: what a reload does before its first await must not keep others from being heard.
                    await Task.Yield();
                    await AnswerAsync(client);
                }
            }
            catch (Exception fault) when (fault is SocketException or TimeoutException)
            {
                // It has gone, or does not read: the reload goes on.
            }
        }
    }

    private async Task AnswerAsync(ControlConnection client)
    {
        try
        {
            await AnswerAsync(client, await client.ReadAsync(stopping.Token));
        }
        catch (OperationCanceledException)
        {
            client.TrySay(ControlWords.Failed, IsStopping);
        }
    }

    private async Task AnswerAsync(ControlConnection client, ControlRequest? request)
    {
        switch (request)
        {
            case null:
                break;
            case ControlRequest.Unknown:
                client.TrySay(ControlWords.Refused, "unknown request");
                break;
            case ControlRequest.Reload:
                log.ReloadAsked(client.Pid, client.User);
                _ = ReloadAsync(Channel.CreateBounded<string>(1));
                await client.SayAsync(ControlWords.Accepted, "", stopping.Token);
                break;
            case ControlRequest.ReloadAndWait:
                log.ReloadAsked(client.Pid, client.User);
                var unsent = Channel.CreateBounded<string>(MostUnsent);
                var reloading = ReloadAsync(unsent);
                await client.SayAsync(ControlWords.Accepted, "", stopping.Token);
                await FollowAsync(client, unsent.Reader, reloading);
                break;
        }
    }

    /// <summary>Never throws. Who reads too slowly misses what happens meanwhile, but not the verdict.</summary>
    private async Task<ReloadVerdict> ReloadAsync(Channel<string> unsent)
    {
        try
        {
            return await reload(text => unsent.Writer.TryWrite(text));
        }
        catch (OperationCanceledException)
        {
            return new ReloadVerdict(false, "the reload was ended before its end");
        }
#pragma warning disable CA1031 // The last resort: whatever it is, who waits gets a line.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            log.ReloadFault(fault);
            return new ReloadVerdict(false, $"a fault of prism-supervisor itself ({fault.GetType().Name})");
        }
        finally
        {
            _ = unsent.Writer.TryComplete();
        }
    }

    private async Task FollowAsync(ControlConnection client, ChannelReader<string> unsent, Task<ReloadVerdict> reloading)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        var telling = TellAsync(client, unsent, reloading, ending.Token);
        var gone = client.HasGoneAsync(ending.Token);
        if (await Task.WhenAny(telling, gone) == gone && await gone)
        {
            await ending.CancelAsync();
        }

        try
        {
            await telling;
        }
        finally
        {
            await ending.CancelAsync();
            _ = await gone;
        }
    }

    private static async Task TellAsync(ControlConnection client, ChannelReader<string> unsent, Task<ReloadVerdict> reloading, CancellationToken ending)
    {
        await foreach (var text in unsent.ReadAllAsync(ending))
        {
            await client.SayAsync(ControlWords.Progress, text, ending);
        }

        var verdict = await reloading;
        await client.SayAsync(verdict.Succeeded ? ControlWords.Succeeded : ControlWords.Failed, verdict.Text, ending);
    }
}
