using System.Globalization;
using System.Net.Sockets;
using Prism.Supervisor.Gunicorn;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Gunicorn;

public sealed class ProbeSocketTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Expected => folder[$"probe.{Environment.ProcessId}.7"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void It_is_its_owners_alone_and_gone_afterwards()
    {
        using (var socket = ProbeSocket.Open(folder.Path, 7))
        {
            Assert.Equal(Expected, socket.EndPoint.ToString());
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Expected));
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task A_connection_can_be_made_before_anybody_serves()
    {
        using var socket = ProbeSocket.Open(folder.Path, 7);
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        await client.ConnectAsync(socket.EndPoint, TestContext.Current.CancellationToken);

        Assert.True(client.Connected);
    }

    [Fact]
    public void Only_the_generation_it_is_handed_to_gets_it()
    {
        using var socket = ProbeSocket.Open(folder.Path, 7);

        var flags = File.ReadLines($"/proc/self/fdinfo/{socket.Socket.Handle}").Single(line => line.StartsWith("flags:", StringComparison.Ordinal)).Split('\t')[1];

        const int closeOnExec = 0x80000;
        Assert.NotEqual(0, Convert.ToInt32(flags, 8) & closeOnExec);
    }

    [Fact]
    public void What_a_dead_supervisor_left_there_is_replaced()
    {
        _ = folder.Write(Path.GetFileName(Expected), "stale");

        using var socket = ProbeSocket.Open(folder.Path, 7);

        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(socket.EndPoint);
    }

    [Fact]
    public void A_folder_that_has_vanished_is_no_trouble_at_the_end()
    {
        _ = Directory.CreateDirectory(folder["run"]);
        using var socket = ProbeSocket.Open(folder["run"], 7);

        Directory.Delete(folder["run"], recursive: true);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_one_clear_line()
    {
        var fault = Assert.Throws<StartupException>(() => ProbeSocket.Open(folder["gone"], 7));

        Assert.Equal(ExitCode.TryAgain, fault.Code);
        Assert.Matches(string.Create(CultureInfo.InvariantCulture, $"^{folder["gone"]}/probe.{Environment.ProcessId}.7 cannot be made: .+: check runtimeDirectory and its folder$"), fault.Message);
    }

    [Fact]
    public void A_path_that_is_too_long_is_one_clear_line()
    {
        var fault = Assert.Throws<StartupException>(() => ProbeSocket.Open(folder[new string('x', 108)], 7));

        Assert.EndsWith($"probe.{Environment.ProcessId}.7 cannot be made: it is longer than unix(7) allows: check runtimeDirectory and its folder", fault.Message, StringComparison.Ordinal);
    }
}
