using System.Globalization;
using System.Text;

namespace Prism.Supervisor.Secrets;

/// <summary>Prints names out of a file that nobody vouches for: on one line, without control characters, and never long enough to be a stray secret.</summary>
internal static class Quoted
{
    private const int LongestOrdinary = 64;
    private const int LongestOdd = 32;
    private const int MostNames = 20;

    /// <summary>A line of a pasted PEM block ends in '=' too and would be quoted as a name: what is too long for a name is only counted.</summary>
    public static string Name(string name) => EnvironmentFile.IsName(name) switch
    {
        true when name.Length <= LongestOrdinary => name,
        false when name.Length <= LongestOdd => Text(name),
        _ => string.Create(CultureInfo.InvariantCulture, $"(a name of {name.Length} characters)"),
    };

    public static string Names(IEnumerable<string> names)
    {
        var quoted = names.Distinct(StringComparer.Ordinal).Select(Name).ToList();
        var shown = string.Join(", ", quoted.Take(MostNames));
        return quoted.Count <= MostNames
            ? shown
            : string.Create(CultureInfo.InvariantCulture, $"{shown} and {quoted.Count - MostNames} more");
    }

    /// <summary>A path is the operator's own word: whole, but on one line.</summary>
    public static string Path(string path) => path.Length == 0 || path.Any(NeedsEscape) ? Text(path) : path;

    private static string Text(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c is '"' or '\\' ? quoted.Append('\\').Append(c)
                : NeedsEscape(c) ? quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}")
                : quoted.Append(c);
        }

        return quoted.Append('"').ToString();
    }

    private static bool NeedsEscape(char c) => CharUnicodeInfo.GetUnicodeCategory(c) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned;
}
