using System.Text;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Secrets;

/// <summary>Takes the values of secrets out of text that others wrote: a child's output may quote what it was given. Short values and user names stay, they would garble ordinary words.</summary>
internal sealed class Redactor(IEnumerable<KeyValuePair<string, Secret>> secrets)
{
    /// <summary>Ends a line whose rest was dropped: the beginning of a secret may stand right before it.</summary>
    public const string CutMark = "…";

    private const int ShortestSecret = 8;
    private const int ShortestBeginning = 3;
    private readonly string[] values =
    [
        .. secrets
            .Where(pair => !pair.Key.EndsWith("_USER", StringComparison.Ordinal))
            .SelectMany(pair => AsPrinted(pair.Value.Reveal()).Split('\n'))
            .Where(value => value.Length >= ShortestSecret)
            .Distinct(StringComparer.Ordinal)
            .OrderByDescending(value => value.Length),
    ];

    public string Redact(string text)
    {
        foreach (var value in values)
        {
            text = text.Replace(value, "***", StringComparison.Ordinal);
        }

        return text.EndsWith(CutMark, StringComparison.Ordinal) ? RedactBeginning(text[..^CutMark.Length]) + CutMark : text;
    }

    /// <summary>As the value looks in a child's output, which is read as UTF-8.</summary>
    private static string AsPrinted(string value) => Encoding.UTF8.GetString(ByteText.Encode(value));

    private string RedactBeginning(string text)
    {
        foreach (var value in values)
        {
            for (var length = Math.Min(value.Length - 1, text.Length); length >= ShortestBeginning; length--)
            {
                if (text.EndsWith(value[..length], StringComparison.Ordinal))
                {
                    return text[..^length] + "***";
                }
            }
        }

        return text;
    }
}
