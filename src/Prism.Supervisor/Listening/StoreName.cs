using System.Globalization;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Listening;

/// <summary>How a listening socket is called in the fd store: one name for each address, ASCII without a colon (FDNAME= in sd_notify(3)). That of a path says which file it was: the socket itself cannot tell whether its path still leads to it. Pure.</summary>
internal static class StoreName
{
    private const string Prefix = "prism-listen-";

    public static bool IsOurs(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    public static string Of(BindAddress address, SocketFile? file) => address.Path is null
        ? Prefix + address.ToString().Replace(':', '-')
        : string.Create(CultureInfo.InvariantCulture, $"{Prefix}unix-{file?.Device ?? 0:x}-{file?.Inode ?? 0:x}");
}
