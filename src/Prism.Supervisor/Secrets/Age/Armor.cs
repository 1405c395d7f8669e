using System.Buffers;

namespace Prism.Supervisor.Secrets.Age;

/// <summary>The strict PEM of age (age-encryption.org/v1, "ASCII armor"): lines of exactly 64 columns, one shorter last line, canonical base64, LF or CRLF.</summary>
internal static class Armor
{
    private const int Columns = 64;
    private const int MostWhitespace = 1024;

    private static readonly SearchValues<byte> White = SearchValues.Create(" \t\r\n\v\f"u8);

    private static ReadOnlySpan<byte> Begin => "-----BEGIN AGE ENCRYPTED FILE-----"u8;

    private static ReadOnlySpan<byte> End => "-----END AGE ENCRYPTED FILE-----"u8;

    /// <exception cref="FormatException">It is not armor; the message says where, and quotes nothing.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> text)
    {
        var rest = SkipBlankLines(text);
        if (!TakeLine(ref rest).SequenceEqual(Begin))
        {
            throw new FormatException("the armor does not begin with the AGE ENCRYPTED FILE line");
        }

        var bytes = new List<byte>();
        var line = TakeLine(ref rest);
        while (!line.SequenceEqual(End))
        {
            if (line.Length is 0 or > Columns)
            {
                throw new FormatException("a line of the armor is empty or longer than 64 columns");
            }

            bytes.AddRange(StrictBase64.Decode(line, padded: true) ?? throw new FormatException("a line of the armor is not canonical base64"));
            var last = line.Length < Columns || line.EndsWith("="u8);
            line = TakeLine(ref rest);
            if (last && !line.SequenceEqual(End))
            {
                throw new FormatException("the armor goes on after its last line, or does not end with the END line");
            }
        }

        return rest.Length < MostWhitespace && rest.IndexOfAnyExcept(White) < 0
            ? [.. bytes]
            : throw new FormatException("something follows the END line of the armor");
    }

    private static ReadOnlySpan<byte> SkipBlankLines(ReadOnlySpan<byte> text)
    {
        var rest = text;
        while (rest.IndexOf((byte)'\n') is >= 0 and var end && rest[..end].IndexOfAnyExcept(White) < 0)
        {
            rest = rest[(end + 1)..];
        }

        return text.Length - rest.Length <= MostWhitespace ? rest : throw new FormatException("too much white space before the armor");
    }

    private static ReadOnlySpan<byte> TakeLine(scoped ref ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty)
        {
            throw new FormatException("the armor is cut short");
        }

        var end = rest.IndexOf((byte)'\n');
        var line = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[(end + 1)..];
        return line.EndsWith("\r"u8) ? line[..^1] : line;
    }
}
