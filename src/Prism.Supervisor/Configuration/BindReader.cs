using System.Globalization;

namespace Prism.Supervisor.Configuration;

/// <summary>Reads where the site is served, and who may connect to what is a path; each fault names the address.</summary>
internal static class BindReader
{
    /// <summary>FileDescriptorStoreMax= of the shipped unit: what is beyond it would not be kept.</summary>
    public const int MostAddresses = 16;

    private const string Setting = "bind";
    private const string Usual = "127.0.0.1:8000";

    public static IReadOnlyList<BindAddress> Addresses(Settings settings)
    {
        var addresses = new List<BindAddress>();
        var texts = settings.Texts(Setting, Usual);
        if (texts.Count is 0 or > MostAddresses)
        {
            _ = settings.Fault(string.Create(CultureInfo.InvariantCulture, $"{Setting} must name 1 to {MostAddresses} addresses, not {texts.Count}"), 0);
        }

        foreach (var text in texts)
        {
            if (!BindAddress.TryParse(text, out var address, out var fault))
            {
                _ = settings.Fault($"{Setting} {fault}, not '{OneLine.Clip(text)}'", 0);
            }
            else if (addresses.FirstOrDefault(address!.Overlaps) is { } other)
            {
                _ = settings.Fault(address == other ? $"{Setting} names {address} twice" : $"{Setting} names {other} and {address}, of which one holds the other: leave one out", 0);
            }
            else
            {
                addresses.Add(address);
            }
        }

        return addresses;
    }

    /// <summary>No path is one of the supervisor's own in its runtime directory: one of both would take the other's place.</summary>
    public static void CheckNames(Settings settings, SupervisorOptions options)
    {
        foreach (var address in options.Bind.Where(one => one.Path is { } path && IsOwn(Path.GetFileName(path)) && one == In(options.RuntimeDirectory, Path.GetFileName(path))))
        {
            _ = settings.Fault($"{Setting} names {OneLine.Clip(address.ToString())}, a name that the supervisor uses itself in runtimeDirectory: take another one", 0);
        }

        // Null for a folder that is refused itself.
        static BindAddress? In(string folder, string name) => BindAddress.TryParse($"unix://{folder}/{name}", out var address, out _) ? address : null;

        static bool IsOwn(string name) => name == "control" || name.StartsWith("notify.", StringComparison.Ordinal) || name.StartsWith("probe.", StringComparison.Ordinal);
    }

    /// <summary>The mode of a unix socket's file: connecting needs its w (unix(7)).</summary>
    public static UnixFileMode Mode(Settings settings)
    {
        const string setting = "bindMode";
        const UnixFileMode usual = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
        var text = settings.OptionalText(setting);
        return text switch
        {
            null => usual,
            { Length: 3 or 4 } when text.All(digit => digit is >= '0' and <= '7') && (text.Length == 3 || text[0] == '0') => (UnixFileMode)Convert.ToInt32(text, 8),
            _ => settings.Fault($"{setting} must be a mode in octal, such as 0660, not '{OneLine.Clip(text)}'", usual),
        };
    }
}
