using System.Globalization;
using System.Text;

namespace Prism.Supervisor.Control;

/// <summary>The words of the control socket (docs/architecture.md), and the text that may follow one: no control character, no line break, bounded, whoever wrote it. Pure.</summary>
internal static class ControlWords
{
    public const string FileName = "control";

    public const string Reload = "reload";
    public const string ReloadAndWait = "reload wait";

    public const string Accepted = "accepted";
    public const string Progress = "progress";
    public const string Succeeded = "succeeded";
    public const string Failed = "failed";

    /// <summary>Not understood.</summary>
    public const string Refused = "refused";

    /// <summary>Not allowed.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>Not now.</summary>
    public const string Busy = "busy";

    /// <summary>The most bytes of a request, its line end included.</summary>
    public const int LongestRequest = 64;

    /// <summary>The most bytes of an answer: a word, and a text of characters that have up to three bytes each.</summary>
    public const int LongestAnswer = 4096;

    private const int LongestText = 1000;

    /// <summary>Of one line, its end left out.</summary>
    public static ControlRequest Request(ReadOnlySpan<byte> line) =>
        line.SequenceEqual("reload"u8) ? ControlRequest.Reload
            : line.SequenceEqual("reload wait"u8) ? ControlRequest.ReloadAndWait
            : ControlRequest.Unknown;

    /// <summary>The line for the other side.</summary>
    public static byte[] Answer(string word, string text = "") => Encoding.UTF8.GetBytes(text.Length == 0 ? $"{word}\n" : $"{word} {Clean(text)}\n");

    /// <summary>The word and the text of a line, its end left out.</summary>
    public static (string Word, string Text) Parse(ReadOnlySpan<byte> line)
    {
        var text = Clean(Encoding.UTF8.GetString(line));
        return text.Split(' ', 2) is [var word, var rest] ? (word, rest) : (text, "");
    }

    private static string Clean(string text)
    {
        var line = new StringBuilder(Math.Min(text.Length, LongestText));
        foreach (var rune in text.EnumerateRunes())
        {
            if (line.Length >= LongestText)
            {
                _ = line.Append('…');
                break;
            }

            _ = IsPrinted(rune) ? line.Append(rune.ToString()) : line.Append(' ');
        }

        return line.ToString();
    }

    // Format characters turn the direction of a terminal's text, or hide in it.
    private static bool IsPrinted(Rune rune) => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
