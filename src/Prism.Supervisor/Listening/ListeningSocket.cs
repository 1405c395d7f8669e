using System.Net;
using System.Net.Sockets;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor.Listening;

/// <summary>The sockets the site is served on. They are there before the first server and after the last, and in the fd store they outlive this process: connections wait instead of being refused.</summary>
internal sealed class ListeningSocket : IDisposable
{
    private const string Restored = "restored from the fd store";
    private const string Bound = "bound by the supervisor";

    // Somebody else closes what was just given up, in his own time.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan TryEvery = TimeSpan.FromMilliseconds(20);

    private ListeningSocket(IReadOnlyList<(Socket Socket, string Origin)> all)
    {
        Sockets = [.. all.Select(one => one.Socket)];
        Address = string.Join(", ", Sockets.Select(Name));
        Origin = all.All(one => one.Origin == all[0].Origin) ? all[0].Origin : string.Join(", ", all.Select(one => $"{Name(one.Socket)} {one.Origin}"));
    }

    /// <summary>In the order of the configuration, or of the .socket unit; the site is served on all of them.</summary>
    public IReadOnlyList<Socket> Sockets { get; }

    public string Address { get; }

    /// <summary>Where they came from, in words.</summary>
    public string Origin { get; }

    /// <summary>Where a probe connects to: the first TCP socket, on the loopback address when that listens on all; without one, the first path.</summary>
    public EndPoint ProbeEndPoint
    {
        get
        {
            var first = Sockets.Select(socket => socket.LocalEndPoint).OfType<IPEndPoint>().FirstOrDefault();
            return first?.Address switch
            {
                null => Sockets[0].LocalEndPoint!,
                var any when any.Equals(IPAddress.Any) => new IPEndPoint(IPAddress.Loopback, first.Port),
                var any when any.Equals(IPAddress.IPv6Any) => new IPEndPoint(IPAddress.IPv6Loopback, first.Port),
                _ => first,
            };
        }
    }

    /// <summary>Whether each address has its socket already and none is left over, so that nothing will be bound or given up.</summary>
    public static bool AreAllThere(IReadOnlyList<PassedSocket> passed, SupervisorOptions options)
    {
        var stored = passed.Where(one => StoreName.IsOurs(one.Name)).ToList();
        return stored.Count < passed.Count
            ? stored.Count == 0
            : options.Bind.All(address => stored.Exists(one => Leads(address, one))) && stored.TrueForAll(one => options.Bind.Any(address => Leads(address, one)));
    }

    /// <summary>What a .socket unit passed; else for each configured address what the fd store kept, else a new one, which is then stored. Throws <see cref="StartupException"/> when an address cannot be had.</summary>
    /// <param name="bound">Called when each address has its socket, and nothing new is stored yet.</param>
    public static async Task<ListeningSocket> OpenAsync(IReadOnlyList<PassedSocket> passed, SupervisorOptions options, DescriptorStore store, TimeProvider time, Action bound, CancellationToken stopping)
    {
        var stored = passed.Where(one => StoreName.IsOurs(one.Name)).ToList();
        var given = passed.Except(stored).ToList();
        var kept = given.Count > 0 ? [] : Usable(stored, options);
        var givenUp = stored.Where(one => !kept.ContainsValue(one.Socket)).ToList();
        givenUp.ForEach(one => GiveUp(one, store));
        if (given.Count > 0)
        {
            // Their manager keeps them itself: they never go into the store.
            var units = string.Join(", ", given.Select(one => one.Name).Distinct());
            return new ListeningSocket([.. given.Select(one => (one.Socket, $"passed by {units}"))]);
        }

        var patience = givenUp.Count > 0 ? Patience : TimeSpan.Zero;
        var all = new List<(Socket Socket, string Origin)>();
        try
        {
            foreach (var address in options.Bind)
            {
                all.Add(kept.TryGetValue(address, out var socket)
                    ? (socket, Restored)
                    : (await BindAsync(address, options.BindMode, patience, time, stopping), Bound));
            }
        }
        catch
        {
            all.Select(one => one.Socket).Concat(kept.Values).ToList().ForEach(socket => socket.Dispose());
            throw;
        }

        bound();
        foreach (var (socket, address) in all.Zip(options.Bind).Where(one => one.First.Origin == Bound).Select(one => (one.First.Socket, one.Second)))
        {
            store.Keep(StoreName.Of(address, FileOf(address)), socket);
        }

        return new ListeningSocket(all);
    }

    public void Dispose()
    {
        foreach (var socket in Sockets)
        {
            socket.Dispose();
        }
    }

    private static string Name(Socket socket) => BindAddress.Of(socket)?.ToString() ?? "a socket without an address";

    private static SocketFile? FileOf(BindAddress address) => address.Path is { } path ? SocketFile.At(path) : null;

    /// <summary>Those whose address is still wanted and still leads to them: who removes a path leaves a socket that nobody can reach.</summary>
    private static Dictionary<BindAddress, Socket> Usable(List<PassedSocket> stored, SupervisorOptions options)
    {
        var usable = new Dictionary<BindAddress, Socket>();
        foreach (var one in stored)
        {
            if (options.Bind.FirstOrDefault(address => Leads(address, one)) is { } address && usable.TryAdd(address, one.Socket))
            {
                SocketBinder.Listen(one.Socket);
                if (address.Path is not null)
                {
                    SocketBinder.SetMode(address, options.BindMode);
                }
            }
        }

        return usable;
    }

    private static bool Leads(BindAddress address, PassedSocket one) => address == BindAddress.Of(one.Socket) && one.Name == StoreName.Of(address, FileOf(address));

    private static void GiveUp(PassedSocket one, DescriptorStore store)
    {
        if (BindAddress.Of(one.Socket) is { Path: not null } address && one.Name == StoreName.Of(address, FileOf(address)))
        {
            SocketBinder.Remove(address);
        }

        one.Socket.Dispose();
        store.Remove(one.Name);
    }

    private static async Task<Socket> BindAsync(BindAddress address, UnixFileMode mode, TimeSpan patience, TimeProvider time, CancellationToken stopping)
    {
        for (var begun = time.GetTimestamp(); ; await Task.Delay(TryEvery, time, stopping))
        {
            try
            {
                return SocketBinder.Bind(address, mode);
            }
            catch (StartupException fault) when (fault.Code == ExitCode.AddressTaken && time.GetElapsedTime(begun) < patience)
            {
                // Perhaps by what was given up a moment ago.
            }
        }
    }
}
