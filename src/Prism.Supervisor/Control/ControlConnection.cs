using System.Net.Sockets;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Control;

/// <summary>One client, as the server has it: a request is bounded in length and time, and no answer waits long for who does not read.</summary>
internal sealed class ControlConnection
{
    /// <summary>For the whole request.</summary>
    public static readonly TimeSpan RequestPatience = TimeSpan.FromSeconds(5);

    /// <summary>For one answer, once the kernel's buffer is full of earlier ones.</summary>
    public static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(10);

    private readonly Socket socket;
    private readonly TimeProvider time;

    public ControlConnection(Socket socket, TimeProvider time)
    {
        (this.socket, this.time) = (socket, time);
        (Pid, User) = SocketOptions.Peer(socket);
    }

    /// <summary>Who connected, as the kernel vouches for it; by now the pid may be another's.</summary>
    public int Pid { get; }

    public uint User { get; }

    /// <summary>The one line that a client may send; null when no whole line came in time. What follows it is never read.</summary>
    public async Task<ControlRequest?> ReadAsync(CancellationToken stopping)
    {
        var buffer = new byte[ControlWords.LongestRequest];
        var length = 0;
        using var patience = new CancellationTokenSource(RequestPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping);
        try
        {
            while (length < buffer.Length)
            {
                var count = await socket.ReceiveAsync(buffer.AsMemory(length), either.Token);
                if (count == 0)
                {
                    return null;
                }

                length += count;
                if (buffer.AsSpan(0, length).IndexOf((byte)'\n') is >= 0 and var end)
                {
                    return ControlWords.Request(buffer.AsSpan(0, end));
                }
            }

            return ControlRequest.Unknown;
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Throws SocketException when the client has gone, TimeoutException when it does not read.</summary>
    public async Task SayAsync(string word, string text, CancellationToken stopping)
    {
        var sending = socket.SendAsync(ControlWords.Answer(word, text), SocketFlags.None, CancellationToken.None);
        if (sending.IsCompleted)
        {
            _ = await sending;
        }
        else
        {
            _ = await sending.AsTask().WaitAsync(AnswerPatience, time, stopping);
        }
    }

    /// <summary>Says it if the kernel takes it at once.</summary>
    public void TrySay(string word, string text) =>
        // Whether it did, nobody asks: the connection is closed next. Behind an answer that is still under way it never leaves.
        _ = socket.SendAsync(ControlWords.Answer(word, text), SocketFlags.None, CancellationToken.None).AsTask();

    /// <summary>Waits until the client has gone. False: it cannot be told, or is not asked any more.</summary>
    public async Task<bool> HasGoneAsync(CancellationToken stopping)
    {
        try
        {
            var isEnd = await socket.ReceiveAsync(new byte[1], SocketFlags.Peek, stopping) == 0;
            if (isEnd)
            {
                // Who has only ended what it sends still listens, and sending nothing succeeds (unix(7): EPIPE for a closed one).
                _ = await socket.SendAsync(ReadOnlyMemory<byte>.Empty, SocketFlags.None, stopping);
            }

            return false;
        }
        catch (SocketException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
