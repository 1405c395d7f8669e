using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Prism.Supervisor.Configuration;

/// <summary>An address to serve on: an IP address and port, written as Gunicorn's --bind takes them.</summary>
internal sealed record BindAddress(IPEndPoint EndPoint)
{
    /// <summary>Reads "127.0.0.1:8000", "[::1]:8000" or "localhost:8000"; false when it is none of them.</summary>
    /// <remarks>Not "127.1" or "0x7f.0.0.1": inet_aton(3) takes them, nobody means them.</remarks>
    public static bool TryParse(string text, out BindAddress? address)
    {
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? "" : text[..colon];
        var name = host switch
        {
            "localhost" => "127.0.0.1",
            ['[', .. var inner, ']'] => inner,
            _ => host,
        };
        address = name.Length > 0
            && (host[0] == '[') == name.Contains(':', StringComparison.Ordinal)
            && IPAddress.TryParse(name, out var ip)
            && (ip.AddressFamily == AddressFamily.InterNetworkV6 || ip.ToString() == name)
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= IPEndPoint.MaxPort
                ? new BindAddress(new IPEndPoint(ip, port))
                : null;
        return address is not null;
    }

    public override string ToString() => EndPoint.ToString();
}
