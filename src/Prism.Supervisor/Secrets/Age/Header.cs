using System.Text;

namespace Prism.Supervisor.Secrets.Age;

/// <summary>The header of an age file (age-encryption.org/v1): syntax only, strict to the byte; whether its MAC holds is AgeFile's question.</summary>
internal sealed record Header(IReadOnlyList<Stanza> Stanzas, byte[] Authenticated, byte[] Mac, int Length)
{
    private const int Columns = 64;
    private const int MacLength = 32;

    private static ReadOnlySpan<byte> Version => "age-encryption.org/v1"u8;

    /// <exception cref="FormatException">It is no header; the message quotes nothing.</exception>
    public static Header Parse(ReadOnlySpan<byte> file)
    {
        var rest = file;
        if (!TakeLine(ref rest).SequenceEqual(Version))
        {
            throw new FormatException("it is not an age-encryption.org/v1 file");
        }

        var stanzas = new List<Stanza>();
        var line = TakeLine(ref rest);
        while (!line.StartsWith("---"u8))
        {
            stanzas.Add(ParseStanza(line, ref rest));
            line = TakeLine(ref rest);
        }

        // scrypt authenticates the header with the passphrase alone: beside another recipient it would let either forge for the other.
        if (stanzas.Count == 0 || (stanzas.Count > 1 && stanzas.Exists(s => s.Type == "scrypt")))
        {
            throw new FormatException("its age header has no recipient, or a passphrase among other recipients");
        }

        var length = file.Length - rest.Length;
        var mac = line.StartsWith("--- "u8) ? StrictBase64.Decode(line[4..], padded: false) : null;
        return mac is { Length: MacLength }
            ? new Header(stanzas, file[..(length - line.Length - 1 + 3)].ToArray(), mac, length)
            : throw new FormatException("the MAC line of its age header is malformed");
    }

    private static Stanza ParseStanza(scoped ReadOnlySpan<byte> line, scoped ref ReadOnlySpan<byte> rest)
    {
        if (!line.StartsWith("-> "u8) || line[3..].IndexOfAnyExceptInRange((byte)32, (byte)126) >= 0)
        {
            throw new FormatException("a recipient line of its age header is malformed");
        }

        var words = Encoding.ASCII.GetString(line[3..]).Split(' ');
        if (words.Any(w => w.Length == 0))
        {
            throw new FormatException("a recipient line of its age header has an empty argument");
        }

        // The body ends with the first line shorter than 64 columns, an empty one if need be.
        var body = new List<byte>();
        ReadOnlySpan<byte> part;
        do
        {
            part = TakeLine(ref rest);
            if (part.Length > Columns)
            {
                throw new FormatException("a line of its age header is longer than 64 columns");
            }

            body.AddRange(StrictBase64.Decode(part, padded: false) ?? throw new FormatException("a recipient's body in its age header is not canonical base64"));
        }
        while (part.Length == Columns);

        return new Stanza(words[0], words[1..], [.. body]);
    }

    private static ReadOnlySpan<byte> TakeLine(scoped ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)'\n');
        if (end < 0)
        {
            throw new FormatException("its age header is cut short");
        }

        var line = rest[..end];
        rest = rest[(end + 1)..];
        return line;
    }
}
