using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Prism.Supervisor.Tests.Secrets;

/// <summary>What a real systemd made of each of <see cref="AwkwardFiles"/>: the environment of a unit, or null where it refused to start it. Values are kept as they are printed.</summary>
internal sealed class SystemdOracle(IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>?> readings)
{
    private const string Refused = "refused";
    private const int Longest = 120;

    /// <summary>awkward.txt, which Host/SystemdValuesTests writes (PRISM_ACCEPT=1) and checks.</summary>
    public static string File { get; } = Path.Combine(Repository.Root, "src", "Prism.Supervisor.Tests", "Secrets", "awkward.txt");

    /// <summary>Null where systemd refuses the file, so that the unit does not start.</summary>
    public IReadOnlyDictionary<string, string>? this[AwkwardFile file] => readings[file.Number];

    public static SystemdOracle Read()
    {
        var byNumber = System.IO.File.ReadAllLines(File).Skip(1).Select(line => line.Split('\t')).ToDictionary(cells => cells[0], Parse, StringComparer.Ordinal);
        Assert.Equal(AwkwardFiles.All.Select(file => file.Number), byNumber.Keys);
        return new SystemdOracle(byNumber);
    }

    /// <summary>The text of awkward.txt.</summary>
    public string Print(string heading)
    {
        var text = new StringBuilder(heading).Append('\n');
        foreach (var (number, values) in readings)
        {
            var cells = values?.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}") ?? [Refused];
            text.AppendJoin('\t', cells.Prepend(number)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>An environment with its values printed, to compare with another; of a big one only the digest.</summary>
    public static IReadOnlyDictionary<string, string> Printed(IEnumerable<KeyValuePair<string, string>> environment)
    {
        var sorted = environment.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        if (sorted.Count > 100)
        {
            var all = string.Concat(sorted.Select(pair => $"{pair.Key}={pair.Value}\0"));
            return new Dictionary<string, string> { [string.Create(CultureInfo.InvariantCulture, $"{sorted.Count} variables")] = Digest(all) };
        }

        return sorted.ToDictionary(pair => pair.Key.Length <= Longest ? pair.Key : Digest(pair.Key), pair => Printed(pair.Value), StringComparer.Ordinal);
    }

    public static string Printed(string value)
    {
        var text = new StringBuilder();
        foreach (var c in value)
        {
            text.Append(c switch
            {
                '\\' => @"\\",
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                _ when char.IsAscii(c) && !char.IsControl(c) => c.ToString(),
                _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
            });
        }

        return text.Length <= Longest ? $"[{text}]" : Digest(value);
    }

    private static string Digest(string text) => string.Create(CultureInfo.InvariantCulture, $"({text.Length} characters, SHA-256 {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]})");

    private static IReadOnlyDictionary<string, string>? Parse(string[] cells) => cells is [_, Refused]
        ? null
        : cells.Skip(1).Select(cell => cell.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
}
