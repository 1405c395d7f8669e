using System.Globalization;

namespace Prism.Supervisor.Secrets;

/// <summary>A line of a dotenv file: a comment, or a name and its text. Prints where it stands, never what it says.</summary>
internal sealed class DotEnvLine(int number, string? name, string text)
{
    public int Number => number;

    /// <summary>Null for a comment.</summary>
    public string? Name => name;

    /// <summary>The comment after its #, or the value as it stands in the file.</summary>
    public string Text => text;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"line {number}");
}

/// <summary>The dotenv grammar of sops (stores/dotenv/store.go): nothing is trimmed, unquoted or expanded.</summary>
internal static class DotEnv
{
    /// <summary>Only LF ends a line; a comment is a # in the first column; a name ends at the first =.</summary>
    public static IReadOnlyList<DotEnvLine> Parse(string text, string where)
    {
        var lines = new List<DotEnvLine>();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (line.StartsWith('#'))
            {
                lines.Add(new DotEnvLine(number, null, line[1..]));
            }
            else if (line.Length > 0)
            {
                var equals = line.IndexOf('=', StringComparison.Ordinal);
                lines.Add(equals >= 0
                    ? new DotEnvLine(number, line[..equals], line[(equals + 1)..])
                    : throw Refusal.Because(string.Create(CultureInfo.InvariantCulture, $"{where}: line {number} is neither NAME=value nor a comment; the file must be a sops dotenv file, whole and without merge marks")));
            }
        }

        return lines;
    }

    /// <summary>The one escape: a backslash and an n in the file are a newline in the value.</summary>
    public static string Unescape(string text) => text.Replace(@"\n", "\n", StringComparison.Ordinal);

    public static string Escape(string value) => value.Replace("\n", @"\n", StringComparison.Ordinal);
}
