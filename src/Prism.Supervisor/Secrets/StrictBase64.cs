using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Prism.Supervisor.Secrets;

/// <summary>Standard base64 with exactly one spelling for each byte string: no blanks, no line ends, unused bits zero.</summary>
internal static class StrictBase64
{
    private static readonly SearchValues<byte> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="u8);

    /// <summary>The bytes, or null. Base64 refuses unused bits that are set (Convert does not), but skips white space, which the alphabet leaves out.</summary>
    public static byte[]? Decode(ReadOnlySpan<byte> text, bool padded)
    {
        if (text.IndexOfAnyExcept(Alphabet) >= 0)
        {
            return null;
        }

        var missing = padded ? 0 : (4 - (text.Length % 4)) % 4;
        var full = new byte[text.Length + missing];
        text.CopyTo(full);
        full.AsSpan(text.Length).Fill((byte)'=');
        if (full.Length % 4 != 0 || missing == 3 || (!padded && text.Contains((byte)'=')))
        {
            return null;
        }

        // It may be a private key: what was only on the way is wiped.
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(full.Length)];
        var decoded = Base64.DecodeFromUtf8(full, bytes, out _, out var length) is OperationStatus.Done ? bytes[..length] : null;
        CryptographicOperations.ZeroMemory(full);
        CryptographicOperations.ZeroMemory(bytes);
        return decoded;
    }
}
