using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Listening;
using Prism.Supervisor.Systemd;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Listening;

/// <summary>Real sockets in a folder of the test's own; what was passed is made here. With a manager: RunCommandSocketTests.</summary>
public sealed class ListeningSocketTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly List<Socket> sockets = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string UnixPath => folder["s"];

    private string Unix => $"unix:{UnixPath}";

    public void Dispose()
    {
        sockets.ForEach(socket => socket.Dispose());
        folder.Dispose();
    }

    [Fact]
    public async Task All_addresses_are_listened_on_in_their_order()
    {
        var (four, six) = (Ports.Free(IPAddress.Loopback), Ports.Free(IPAddress.IPv6Loopback));

        using var socket = await OpenAsync([], Unix, $"[::1]:{six}", $"127.0.0.1:{four}");

        Assert.Equal($"{Unix}, [::1]:{six}, 127.0.0.1:{four}", socket.Address);
        Assert.Equal("bound by the supervisor", socket.Origin);
        Assert.Equal($"[::1]:{six}", socket.ProbeEndPoint.ToString());
        foreach (var one in socket.Sockets)
        {
            await CanConnectAsync(one.LocalEndPoint!);
        }
    }

    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("[::]", "[::1]")]
    public async Task A_probe_of_all_addresses_goes_to_this_host(string any, string loopback)
    {
        var port = Ports.Free(IPAddress.Loopback);

        using var socket = await OpenAsync([], $"{any}:{port}");

        Assert.Equal($"{loopback}:{port}", socket.ProbeEndPoint.ToString());
    }

    [Fact]
    public async Task A_probe_without_a_port_goes_to_the_path()
    {
        using var socket = await OpenAsync([], Unix);

        Assert.Equal(UnixPath, socket.ProbeEndPoint.ToString());
    }

    [Fact]
    public async Task All_of_ipv4_and_all_of_ipv6_are_two_addresses()
    {
        var port = Ports.Free(IPAddress.Loopback);

        using var socket = await OpenAsync([], $"[::]:{port}", $"0.0.0.0:{port}");

        Assert.Equal(2, socket.Sockets.Count);
    }

    [Theory]
    [InlineData("0660", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite)]
    [InlineData("0600", UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    public async Task The_file_of_a_path_has_the_mode_that_was_asked_for(string mode, UnixFileMode expected)
    {
        using var socket = await OpenAsync([], mode, [Unix]);

        Assert.Equal(expected, File.GetUnixFileMode(UnixPath));
    }

    [Fact]
    public async Task The_file_of_a_dead_owner_is_replaced()
    {
        Bind(new UnixDomainSocketEndPoint(UnixPath)).Dispose();
        Assert.True(File.Exists(UnixPath));

        using var socket = await OpenAsync([], Unix);

        await CanConnectAsync(socket.ProbeEndPoint);
    }

    [Fact]
    public async Task The_path_stays_when_the_supervisor_goes()
    {
        (await OpenAsync([], Unix)).Dispose();

        Assert.True(File.Exists(UnixPath));
    }

    [Fact]
    public async Task The_path_of_a_living_owner_is_taken()
    {
        var other = Bind(new UnixDomainSocketEndPoint(UnixPath));
        other.Listen();

        await RefusedAsync(ExitCode.AddressTaken, $"{Unix} is taken by another process: stop it (`ss -lxp src {UnixPath}` names it)", Unix);

        await CanConnectAsync(other.LocalEndPoint!);
    }

    [Fact]
    public async Task A_living_owner_whose_backlog_is_full_is_alive()
    {
        var other = Bind(new UnixDomainSocketEndPoint(UnixPath));
        other.Listen(0);
        await CanConnectAsync(other.LocalEndPoint!);

        await RefusedAsync(ExitCode.AddressTaken, "is taken by another process", Unix);
    }

    [Fact]
    public async Task A_file_that_is_no_socket_is_left_alone()
    {
        _ = folder.Write("s", "a letter");

        await RefusedAsync(ExitCode.Configuration, $"{Unix} cannot be bound: what is there is no socket", Unix);

        Assert.Equal("a letter", await File.ReadAllTextAsync(UnixPath, Stop));
    }

    [Fact]
    public async Task The_folder_of_a_path_is_not_made_here() =>
        await RefusedAsync(ExitCode.Configuration, $"there is no folder {folder["absent"]}; let the unit make it", $"unix:{folder["absent"]}/s");

    [Fact]
    public async Task A_taken_port_is_named_with_what_finds_its_owner()
    {
        var port = ((IPEndPoint)Bind(new IPEndPoint(IPAddress.Loopback, 0)).LocalEndPoint!).Port;

        await RefusedAsync(ExitCode.AddressTaken, $"127.0.0.1:{port} is taken by another process: stop it (`ss -ltnp 'sport = :{port}'` names it)", $"127.0.0.1:{port}");
    }

    [Fact]
    public async Task What_a_socket_unit_passes_comes_before_what_is_configured()
    {
        var (port, path) = (Passed("prism-django.socket", new IPEndPoint(IPAddress.Loopback, 0)), Passed("prism-django.socket", new UnixDomainSocketEndPoint(UnixPath)));

        using var socket = await OpenAsync([port, path], "127.0.0.1:1");

        Assert.Equal([port.Socket, path.Socket], socket.Sockets);
        Assert.Equal("passed by prism-django.socket", socket.Origin);
        Assert.EndsWith($", {Unix}", socket.Address, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_stored_is_given_up_when_a_socket_unit_passes_its_own()
    {
        var stored = Stored(new IPEndPoint(IPAddress.Loopback, 0));
        var given = Passed("prism-django.socket", new IPEndPoint(IPAddress.Loopback, 0));
        var address = stored.Socket.LocalEndPoint!.ToString()!;

        using var socket = await OpenAsync([given, stored], address);

        Assert.Equal([given.Socket], socket.Sockets);
        using var again = await OpenAsync([], address);
    }

    [Fact]
    public async Task What_was_stored_is_used_where_it_is_still_configured()
    {
        var (tcp, unix) = (Stored(new IPEndPoint(IPAddress.Loopback, 0)), Stored(new UnixDomainSocketEndPoint(UnixPath)));

        using var socket = await OpenAsync([unix, tcp], "0660", [$"{tcp.Socket.LocalEndPoint}", Unix]);

        Assert.Equal([tcp.Socket, unix.Socket], socket.Sockets);
        Assert.Equal("restored from the fd store", socket.Origin);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, File.GetUnixFileMode(UnixPath));
    }

    [Fact]
    public async Task What_is_configured_no_more_is_closed_and_its_path_removed()
    {
        var (tcp, unix) = (Stored(new IPEndPoint(IPAddress.Loopback, 0)), Stored(new UnixDomainSocketEndPoint(UnixPath)));
        var before = tcp.Socket.LocalEndPoint!;
        var port = Ports.Free(IPAddress.Loopback);

        using var socket = await OpenAsync([tcp, unix], $"127.0.0.1:{port}");

        Assert.Equal("bound by the supervisor", socket.Origin);
        Assert.False(File.Exists(UnixPath));
        using var caller = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(async () => await caller.ConnectAsync(before, Stop))).SocketErrorCode);
    }

    [Fact]
    public async Task An_address_that_holds_the_one_before_follows_it()
    {
        var stored = Stored(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)stored.Socket.LocalEndPoint!).Port;

        // The store's own duplicate is closed only after a while.
        var duplicate = new Socket(new SafeSocketHandle(Descriptors.Duplicate((int)stored.Socket.SafeHandle.DangerousGetHandle(), 3), ownsHandle: true));
        var time = new SkippingTime();
        var opening = OpenAsync([stored], time, $"0.0.0.0:{port}");
        Assert.False(opening.IsCompleted);
        duplicate.Dispose();
        time.Advance(TimeSpan.FromMilliseconds(20));

        using var socket = await opening;
        Assert.Equal($"0.0.0.0:{port}", socket.Address);
    }

    [Fact]
    public async Task Old_and_new_are_told_apart()
    {
        var tcp = Stored(new IPEndPoint(IPAddress.Loopback, 0));

        using var socket = await OpenAsync([tcp], $"{tcp.Socket.LocalEndPoint}", Unix);

        Assert.Equal($"{tcp.Socket.LocalEndPoint} restored from the fd store, {Unix} bound by the supervisor", socket.Origin);
    }

    [Fact]
    public async Task A_stored_socket_whose_path_is_gone_is_bound_anew()
    {
        var stored = Stored(new UnixDomainSocketEndPoint(UnixPath));
        File.Delete(UnixPath);

        using var socket = await OpenAsync([stored], Unix);

        Assert.Equal("bound by the supervisor", socket.Origin);
        await CanConnectAsync(socket.ProbeEndPoint);
    }

    [Fact]
    public async Task A_stored_socket_whose_path_leads_to_another_is_no_longer_ours()
    {
        var stored = Stored(new UnixDomainSocketEndPoint(UnixPath));
        File.Delete(UnixPath);
        var other = Bind(new UnixDomainSocketEndPoint(UnixPath));
        other.Listen();

        // Until the wait for what was given up is over.
        var time = new SkippingTime(TimeSpan.FromMilliseconds(20));
        var fault = await Assert.ThrowsAsync<StartupException>(() => OpenAsync([stored], time, Unix));

        Assert.Equal(ExitCode.AddressTaken, fault.Code);
        await CanConnectAsync(other.LocalEndPoint!);
    }

    /// <summary>Whether a start binds nothing: then connections wait already, whatever else it has to do.</summary>
    [Fact]
    public void All_are_there_when_each_address_has_the_socket_that_it_leads_to()
    {
        var (tcp, unix) = (Stored(new IPEndPoint(IPAddress.Loopback, 0)), Stored(new UnixDomainSocketEndPoint(UnixPath)));
        var address = tcp.Socket.LocalEndPoint!.ToString()!;

        Assert.True(AreAllThere([tcp, unix], address, Unix));
        Assert.False(AreAllThere([tcp, unix], address));
        Assert.False(AreAllThere([tcp, unix], address, Unix, "127.0.0.1:1"));
        Assert.False(AreAllThere([tcp], address, Unix));
        Assert.False(AreAllThere([], address));
        var given = Passed("prism-django.socket", new IPEndPoint(IPAddress.Loopback, 0));
        Assert.True(AreAllThere([given], "127.0.0.1:1"));
        Assert.False(AreAllThere([given, tcp], address));
        File.Delete(UnixPath);
        Assert.False(AreAllThere([tcp, unix], address, Unix));
    }

    private bool AreAllThere(IReadOnlyList<PassedSocket> passed, params string[] bind) => ListeningSocket.AreAllThere(passed, Options(bind, "0660"));

    private async Task RefusedAsync(ExitCode code, string words, string address)
    {
        var fault = await Assert.ThrowsAsync<StartupException>(() => OpenAsync([], address));

        Assert.Equal(code, fault.Code);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    private Task<ListeningSocket> OpenAsync(IReadOnlyList<PassedSocket> passed, params string[] bind) => OpenAsync(passed, "0660", bind);

    private Task<ListeningSocket> OpenAsync(IReadOnlyList<PassedSocket> passed, string mode, string[] bind) => OpenAsync(passed, TimeProvider.System, mode, bind);

    private Task<ListeningSocket> OpenAsync(IReadOnlyList<PassedSocket> passed, TimeProvider time, string bind) => OpenAsync(passed, time, "0660", [bind]);

    private Task<ListeningSocket> OpenAsync(IReadOnlyList<PassedSocket> passed, TimeProvider time, string mode, string[] bind)
    {
        return ListeningSocket.OpenAsync(passed, Options(bind, mode), new DescriptorStore(hasManager: false, room: null, NullLogger<DescriptorStore>.Instance), time, bound: () => { }, Stop);
    }

    private SupervisorOptions Options(string[] bind, string bindMode) =>
        OptionsReader.Read(folder.Write("prism.json", JsonSerializer.Serialize(new { bind, bindMode })), TestOptions.NoEnvironment);

    private Socket Bind(EndPoint endPoint)
    {
        if (endPoint is UnixDomainSocketEndPoint)
        {
            sockets.Add(SocketFile.Bind(endPoint.ToString()!));
        }
        else
        {
            sockets.Add(new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified));
            sockets[^1].Bind(endPoint);
        }

        return sockets[^1];
    }

    private PassedSocket Passed(string name, EndPoint endPoint)
    {
        var socket = Bind(endPoint);
        socket.Listen();
        return new PassedSocket(name, socket);
    }

    private PassedSocket Stored(EndPoint endPoint)
    {
        var socket = Passed("", endPoint).Socket;
        return new PassedSocket(StoreName.Of(BindAddress.Of(socket)!, SocketFile.At(UnixPath)), socket);
    }

    private static async Task CanConnectAsync(EndPoint endPoint)
    {
        using var caller = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        await caller.ConnectAsync(endPoint, Stop);
    }
}
