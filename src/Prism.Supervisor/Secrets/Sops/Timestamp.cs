using System.Globalization;

namespace Prism.Supervisor.Secrets.Sops;

/// <summary>A date as Go's time.RFC3339 reads and prints it: the printed form is what the MAC is bound to.</summary>
internal static class Timestamp
{
    private const int SecondsLength = 19;

    /// <summary>The date without its fraction, offset zero as Z, other offsets kept; null if it is no date.</summary>
    public static string? Normalize(string? text)
    {
        if (text is null || text.Length <= SecondsLength || !DateTime.TryParseExact(
            text[..SecondsLength], "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
        {
            return null;
        }

        var rest = text.AsSpan(SecondsLength);
        if (rest[0] is '.' or ',')
        {
            var digits = rest[1..].IndexOfAnyExceptInRange('0', '9');
            if (digits <= 0)
            {
                return null;
            }

            rest = rest[(1 + digits)..];
        }

        return rest is "Z" or "+00:00" or "-00:00" ? $"{text[..SecondsLength]}Z"
            : IsOffset(rest) ? $"{text[..SecondsLength]}{rest}"
            : null;
    }

    private static bool IsOffset(ReadOnlySpan<char> text) =>
        text.Length == 6 && text[0] is '+' or '-'
        && TimeOnly.TryParseExact(text[1..], "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
}
