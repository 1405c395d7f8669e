using System.Net.Sockets;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests;

/// <summary>A runtime directory that several supervisors have used, some of them killed.</summary>
public sealed class LeftoversTests : IDisposable
{
    private const int HangGuard = 300_000;

    private readonly TempFolder folder = new();
    private readonly List<Socket> living = [];

    public void Dispose()
    {
        living.ForEach(socket => socket.Dispose());
        folder.Dispose();
    }

    [Fact]
    public void Sockets_of_the_killed_go_and_those_of_the_living_stay()
    {
        Dead("notify.1.1", SocketType.Dgram);
        Dead("notify.1.2", SocketType.Dgram);
        Dead("probe.1.2", SocketType.Stream);
        Living("notify.7.1", SocketType.Dgram);
        Living("probe.7.1", SocketType.Stream);

        Leftovers.Sweep(folder.Path);

        Assert.Equal(["notify.7.1", "probe.7.1"], Left());
    }

    [Fact]
    public void Whatever_else_lies_there_is_not_ours_to_remove()
    {
        Dead("control", SocketType.Stream);
        Dead("prism.sock", SocketType.Stream);
        Dead("other.1.1", SocketType.Stream);
        Dead("probe.1.2.3", SocketType.Stream);
        _ = Directory.CreateDirectory(folder["probe.1.1"]);

        Leftovers.Sweep(folder.Path);

        Assert.Equal(["control", "other.1.1", "prism.sock", "probe.1.1", "probe.1.2.3"], Left());
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_probe_socket_whose_queue_is_full_lives()
    {
        Living("probe.7.1", SocketType.Stream, backlog: 0);
        var waiting = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        living.Add(waiting);
        waiting.Connect(new UnixDomainSocketEndPoint(folder["probe.7.1"]));

        await Task.Run(() => Leftovers.Sweep(folder.Path), TestContext.Current.CancellationToken);

        Assert.Equal(["probe.7.1"], Left());
    }

    private string[] Left() => [.. Directory.EnumerateFileSystemEntries(folder.Path).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    private void Dead(string name, SocketType type)
    {
        // .NET removes the file of a socket that it bound, so another process binds it.
        using var python = System.Diagnostics.Process.Start(Programs.Python, ["-c", $"import socket; socket.socket(socket.AF_UNIX, socket.SOCK_{(type == SocketType.Dgram ? "DGRAM" : "STREAM")}).bind('{folder[name]}')"]);
        python.WaitForExit();
        Assert.True(File.Exists(folder[name]));
    }

    private void Living(string name, SocketType type, int backlog = 8)
    {
        var socket = new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified);
        living.Add(socket);
        socket.Bind(new UnixDomainSocketEndPoint(folder[name]));
        if (type == SocketType.Stream)
        {
            socket.Listen(backlog);
        }
    }
}
