using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Prism.Supervisor.Configuration;

/// <summary>What a Host header may hold (RFC 9110, 7.2), as far as Django takes it. Pure.</summary>
internal static class HostName
{
    /// <summary>A name, an IPv4 address or an IPv6 address in brackets, with or without a port.</summary>
    public static bool IsHost(string text)
    {
        var colon = text.IndexOf(':', text.LastIndexOf(']') + 1);
        return colon < 0
            ? IsDomain(text) || IsName(text)
            : IsHost(text[..colon]) && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= IPEndPoint.MaxPort;
    }

    /// <summary>What can stand in ALLOWED_HOSTS and be met by a request: no port, no underscore (host_validation_re in django/http/request.py).</summary>
    public static bool IsDomain(string text) => text switch
    {
        ['[', .. var inner, ']'] => inner.All(letter => char.IsAsciiHexDigit(letter) || letter is ':' or '.')
            && IPAddress.TryParse(inner, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6,
        _ => IsName(text) && !text.Contains('_', StringComparison.Ordinal),
    };

    private static bool IsName(string text) =>
        text.Any(char.IsAsciiLetterOrDigit) && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_');
}
