using System.Net.Sockets;
using System.Text;

namespace Prism.Supervisor.Tests.Control;

/// <summary>Listens where a supervisor would, and answers the first who comes with what the test wishes.</summary>
internal sealed class FakeServer : IDisposable
{
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public FakeServer(string path)
    {
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Gives what was asked.</summary>
    public Task<string> AnswerAsync(string answer) => AnswerAsync(async socket => _ = await socket.SendAsync(Encoding.UTF8.GetBytes(answer), Stop));

    public async Task<string> AnswerAsync(Func<Socket, Task> answer)
    {
        using var socket = await listener.AcceptAsync(Stop);
        var request = new byte[100];
        var length = await socket.ReceiveAsync(request.AsMemory(), Stop);
        await answer(socket);
        return Encoding.UTF8.GetString(request, 0, length);
    }

    /// <summary>Closes the connection with the request unread.</summary>
    public async Task SlamAsync(string answer)
    {
        using var socket = await listener.AcceptAsync(Stop);
        _ = await socket.ReceiveAsync(new byte[1], SocketFlags.Peek, Stop);
        if (answer.Length > 0)
        {
            _ = await socket.SendAsync(Encoding.UTF8.GetBytes(answer), Stop);
        }
    }

    /// <summary>As soon as somebody connects, who may then send to nobody.</summary>
    public Task RefuseAsync(string answer) => Task.Run(() =>
    {
        using var socket = listener.Accept();
        _ = socket.Send(Encoding.UTF8.GetBytes(answer));
    });

    public void Dispose() => listener.Dispose();
}
