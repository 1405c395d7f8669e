using System.Text;

namespace Prism.Supervisor.Secrets.Age;

/// <summary>One PEM block (RFC 7468) and nothing but white space around it; blanks and line lengths inside mean nothing, as in Go's encoding/pem.</summary>
internal static class Pem
{
    private const int LongestLabel = 40;

    private static ReadOnlySpan<byte> Begin => "-----BEGIN "u8;

    private static ReadOnlySpan<byte> Dashes => "-----"u8;

    private static ReadOnlySpan<byte> Blanks => " \t\r\n"u8;

    public static bool Begins(ReadOnlySpan<byte> text) => text.TrimStart(Blanks).StartsWith(Begin);

    /// <summary>The label and the bytes. A block whose headers say that it is encrypted has the label ENCRYPTED.</summary>
    /// <exception cref="FormatException">It is no such block; the message quotes nothing.</exception>
    public static (string Label, byte[] Bytes) Decode(ReadOnlySpan<byte> text)
    {
        var rest = text.Trim(Blanks);
        if (!rest.StartsWith(Begin) || rest[Begin.Length..].IndexOf(Dashes) is not (>= 0 and <= LongestLabel and var length))
        {
            throw new FormatException("is no private key: it does not begin with a -----BEGIN … PRIVATE KEY----- line");
        }

        var label = Encoding.ASCII.GetString(rest.Slice(Begin.Length, length));
        rest = rest[(Begin.Length + length + Dashes.Length)..];
        var end = rest.IndexOf(Encoding.ASCII.GetBytes($"\n-----END {label}-----"));
        if (end < 0 || rest.IndexOf((byte)'\n') is var first && !rest[..first].Trim(Blanks).IsEmpty)
        {
            throw new FormatException("is damaged: its END line is missing or does not fit its BEGIN line");
        }

        if (!rest[end..].EndsWith(Dashes) || rest[(end + 1)..].Contains((byte)'\n'))
        {
            throw new FormatException("holds something after its END line; it must hold one private key and nothing else");
        }

        var body = rest[..end];
        if (body.IndexOf("Proc-Type: 4,ENCRYPTED"u8) >= 0)
        {
            return ("ENCRYPTED", []);
        }

        var letters = new byte[body.Length];
        var count = 0;
        foreach (var letter in body)
        {
            letters[count] = letter;
            count += Blanks.Contains(letter) ? 0 : 1;
        }

        var bytes = StrictBase64.Decode(letters.AsSpan(..count), padded: true);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(letters);
        return (label, bytes ?? throw new FormatException("is damaged: what stands between its BEGIN and END lines is not base64"));
    }
}
