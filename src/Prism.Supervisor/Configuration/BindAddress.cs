using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Prism.Supervisor.Configuration;

/// <summary>An address to serve on, written as Gunicorn's --bind takes them: an IP address and port, or "unix:" and a path. Two that are written alike are equal.</summary>
internal sealed record BindAddress
{
    private const string Unix = "unix:";

    // sun_path has 108 bytes with its NUL (unix(7)).
    private const int LongestPath = 107;

    public BindAddress(IPEndPoint endPoint) => EndPoint = endPoint;

    private BindAddress(string path) => (EndPoint, Path) = (new UnixDomainSocketEndPoint(path), path);

    public EndPoint EndPoint { get; }

    /// <summary>Null unless it is a unix socket; absolute, and without detours.</summary>
    public string? Path { get; }

    /// <summary>Reads "127.0.0.1:8000", "[::1]:8000", "localhost:8000" or "unix:/run/site.sock"; else says in <paramref name="fault"/> what it should be.</summary>
    public static bool TryParse(string text, out BindAddress? address, out string? fault)
    {
        (address, fault) = text.StartsWith(Unix, StringComparison.Ordinal) ? ReadPath(text[Unix.Length..]) : (ReadIp(text), null);
        fault ??= address is null ? "must be an address and port such as 127.0.0.1:8000 or [::1]:8000, or unix: and a path such as unix:/run/prism-django/prism.sock" : null;
        return address is not null;
    }

    /// <summary>The address that a socket is bound to; null when it has none of these kinds.</summary>
    public static BindAddress? Of(Socket socket) => socket.LocalEndPoint switch
    {
        IPEndPoint ip => new BindAddress(ip),
        UnixDomainSocketEndPoint unix when unix.ToString() is ['/', ..] path => new BindAddress(path),
        _ => null,
    };

    /// <summary>Whether one process cannot listen on both: they are the same, or one is the wildcard address of the other's port (bind(2); ours are IPv4 or IPv6, never both).</summary>
    public bool Overlaps(BindAddress other) =>
        this == other
            || (EndPoint is IPEndPoint one && other.EndPoint is IPEndPoint two
                && one.Port == two.Port
                && one.AddressFamily == two.AddressFamily
                && (IsAny(one.Address) || IsAny(two.Address)));

    public bool Equals(BindAddress? other) => other?.ToString() == ToString();

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Path is null ? EndPoint.ToString()! : Unix + Path;

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    /// <remarks>Not "127.1" or "0x7f.0.0.1": inet_aton(3) takes them, nobody means them.</remarks>
    private static BindAddress? ReadIp(string text)
    {
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? "" : text[..colon];
        var name = host switch
        {
            "localhost" => "127.0.0.1",
            ['[', .. var inner, ']'] => inner,
            _ => host,
        };
        return name.Length > 0
            && (host[0] == '[') == name.Contains(':', StringComparison.Ordinal)
            && IPAddress.TryParse(name, out var ip)
            && (ip.AddressFamily == AddressFamily.InterNetworkV6 || ip.ToString() == name)
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= IPEndPoint.MaxPort
                ? new BindAddress(new IPEndPoint(ip, port))
                : null;
    }

    private static (BindAddress? Address, string? Fault) ReadPath(string text)
    {
        // Gunicorn takes unix:///run/site.sock too (gunicorn/util.py, parse_address).
        var path = text.StartsWith("//", StringComparison.Ordinal) ? text[2..] : text;
        if (!path.StartsWith('/') || path.EndsWith('/') || path.Any(char.IsControl))
        {
            return (null, "must have the absolute path of a file after unix:");
        }

        path = System.IO.Path.GetFullPath(path);
        var length = Encoding.UTF8.GetByteCount(path);
        return length <= LongestPath
            ? (new BindAddress(path), null)
            : (null, string.Create(CultureInfo.InvariantCulture, $"must have a path of at most {LongestPath} bytes after unix: (unix(7)); this one has {length}"));
    }
}
