using Prism.Supervisor.Configuration;

namespace Prism.Supervisor.Health;

/// <summary>The Host header that Django will accept: pure.</summary>
internal static class ProbeHost
{
    /// <summary>The first name of ALLOWED_HOSTS that a request can carry: a leading dot means the domain itself; * means any, so the address will do.</summary>
    public static string From(string? configured, string? allowedHosts, string address) =>
        configured
            ?? (allowedHosts ?? "").Split([',', ' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)
                .Select(name => Unquoted(name).TrimStart('.'))
                .FirstOrDefault(HostName.IsDomain)
            ?? address;

    /// <summary>Some sites keep the list as Python or JSON write it: ["prism.example"].</summary>
    private static string Unquoted(string name)
    {
        var (first, last) = (name.IndexOfAny(['"', '\'']), name.LastIndexOfAny(['"', '\'']));
        return first < last ? name[(first + 1)..last] : name;
    }
}
