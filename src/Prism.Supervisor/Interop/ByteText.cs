using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Prism.Supervisor.Interop;

/// <summary>
/// Bytes as text and back without loss: an environment holds bytes, and most of them are UTF-8. A byte that is not becomes a
/// lone low surrogate, U+DC80 to U+DCFF, which no UTF-8 decodes to (as PEP 383 does it). Never throws.
/// </summary>
internal static class ByteText
{
    private const int Escape = 0xdc00;

    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) == OperationStatus.Done)
            {
                text.Append(rune);
                bytes = bytes[length..];
            }
            else
            {
                text.Append((char)(Escape + bytes[0]));
                bytes = bytes[1..];
            }
        }

        return text.ToString();
    }

    public static byte[] Encode(string text)
    {
        var bytes = new byte[Length(text)];
        _ = Encode(text, bytes);
        return bytes;
    }

    /// <summary>How many bytes it took, which is what <see cref="Length"/> says.</summary>
    public static int Encode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        var written = 0;
        while (!text.IsEmpty)
        {
            var plain = text.IndexOfAnyInRange((char)(Escape + 0x80), (char)(Escape + 0xff));
            // The second half of a pair is no escape, and goes with its first half.
            var run = plain < 0 ? text.Length : IsPair(text, plain) ? plain + 1 : plain;
            written += Encoding.UTF8.GetBytes(text[..run], bytes[written..]);
            text = text[run..];
            if (plain >= 0 && run == plain)
            {
                bytes[written++] = (byte)(text[0] - Escape);
                text = text[1..];
            }
        }

        return written;
    }

    public static int Length(ReadOnlySpan<char> text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        for (var i = 0; i < text.Length; i++)
        {
            length -= IsEscape(text, i) ? 2 : 0; // Counted as U+FFFD, three bytes.
        }

        return length;
    }

    /// <summary>Whether its bytes are UTF-8; two escapes that came to stand side by side may be.</summary>
    public static bool IsUtf8(string text) => Utf8.IsValid(Encode(text));

    private static bool IsEscape(ReadOnlySpan<char> text, int at) => text[at] is >= (char)(Escape + 0x80) and <= (char)(Escape + 0xff) && !IsPair(text, at);

    private static bool IsPair(ReadOnlySpan<char> text, int at) => at > 0 && char.IsHighSurrogate(text[at - 1]);
}
