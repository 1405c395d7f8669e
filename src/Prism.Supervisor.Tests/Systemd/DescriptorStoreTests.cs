using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Systemd;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Systemd;

/// <summary>When it does not work; that it does is in RunCommandSocketTests, and with a real systemd in Host.</summary>
public sealed class DescriptorStoreTests : IDisposable
{
    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly RecordingLogger<DescriptorStore> log = new();

    public void Dispose() => socket.Dispose();

    [Fact]
    public void Without_a_manager_nothing_happens()
    {
        var store = new DescriptorStore(hasManager: false, room: "1", log);

        store.Keep("prism-listen-a", socket);
        store.Remove("prism-listen-a");

        Assert.Empty(log.Entries);
    }

    [Fact]
    public void A_manager_that_does_not_take_it_is_a_warning()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not null, "the tests themselves have a manager");
        var store = new DescriptorStore(hasManager: true, room: null, log);

        store.Keep("prism-listen-a", socket);
        store.Remove("prism-listen-a");

        Assert.All(log.Entries, entry => Assert.Equal(LogLevel.Warning, entry.Level));
        Assert.Equal(
            [
                "The listening socket prism-listen-a is not in systemd's fd store (NOTIFY_SOCKET is not set): the next restart refuses connections for a moment",
                "The listening socket prism-listen-a could not be taken out of systemd's fd store: NOTIFY_SOCKET is not set",
            ],
            log.Entries.Select(entry => entry.Text));
    }

    [Theory]
    [InlineData("1", new[] { "The listening socket prism-listen-b is not in systemd's fd store (FileDescriptorStoreMax= is 1: raise it to the number of addresses): the next restart refuses connections for a moment" })]
    [InlineData("2", new string[0])]
    [InlineData("many", new string[0])]
    [InlineData(null, new string[0])]
    public void What_has_no_room_is_a_warning(string? room, string[] told)
    {
        var store = new DescriptorStore(hasManager: false, room, log);

        store.Keep("prism-listen-a", socket);
        store.Keep("prism-listen-a", socket);
        store.Keep("prism-listen-b", socket);

        Assert.Equal(told, log.Entries.Select(entry => entry.Text));
    }
}
