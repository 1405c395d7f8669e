using System.Globalization;
using System.Net;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Database;

/// <summary>What may be said of a database: where it is and what its names are, as they can be typed; of a variable that is secret, the variable instead. Pure.</summary>
/// <param name="isSecret">By the name of the variable that a value comes from.</param>
internal sealed class DatabaseWords(DatabaseTarget target, Func<string, bool> isSecret)
{
    // Hosts and identifiers have 255 and 63 bytes.
    private const int Longest = 255;

    /// <summary>Host and port, or the file of a unix socket.</summary>
    public string Place
    {
        get
        {
            var host = target.Host.Reveal();
            var port = target.Port.ToString(CultureInfo.InvariantCulture);
            return true switch
            {
                _ when host != DatabaseTarget.SocketFolder && isSecret(target.Origins.Host) => $"the host in {target.Origins.Host}",
                _ when target.Port != DatabaseTarget.UsualPort && isSecret(target.Origins.Port) => $"{Plain(host)} and the port in {target.Origins.Port}",
                _ when target.IsUnixSocket => $"{Plain(host)}/.s.PGSQL.{port}",
                _ => host.Contains(':', StringComparison.Ordinal) ? $"[{Plain(host)}]:{port}" : $"{Plain(host)}:{port}",
            };
        }
    }

    public string HostSetting => target.Origins.Host;

    public string NameSetting => target.Origins.Name;

    public string UserSetting => target.Origins.User;

    public string PasswordSetting => target.Origins.Password;

    /// <summary>As SQL has it.</summary>
    public string Role => target.User is null ? "<the account that the service runs as>" : Identifier(target.User, target.Origins.User, "role");

    /// <summary>As SQL has it.</summary>
    public string Name => Identifier(target.Name, target.Origins.Name, "database");

    public bool IsUnixSocket => target.IsUnixSocket;

    /// <summary>On this host, so that its service manager knows the server.</summary>
    public static bool IsHere(DatabaseTarget target) =>
        target.IsUnixSocket || target.Host.Reveal() is "localhost" || (IPAddress.TryParse(target.Host.Reveal(), out var address) && IPAddress.IsLoopback(address));

    private string Identifier(Secret value, string origin, string kind) =>
        isSecret(origin) ? $"<the {kind} in {origin}>" : $"\"{Plain(value.Reveal()).Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Plain(string text) => string.Concat(text.Take(Longest).Select(letter => char.IsControl(letter) ? ' ' : letter));
}
