using System.Buffers.Binary;
using Org.BouncyCastle.Crypto.Digests;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Releases;

/// <summary>One number for a list of texts (SHA-256, as hex): each goes in with its length, so that no two lists are one text. Pure.</summary>
internal static class Digest
{
    public static string Of(params IEnumerable<string> texts)
    {
        var digest = new Sha256Digest();
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var text in texts)
        {
            var bytes = ByteText.Encode(text);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            digest.BlockUpdate(length);
            digest.BlockUpdate(bytes);
        }

        Span<byte> sum = stackalloc byte[32];
        _ = digest.DoFinal(sum);
        return Convert.ToHexStringLower(sum);
    }

    /// <summary>Whether a text could be one of ours.</summary>
    public static bool IsOne(string? text) => text is { Length: 64 } && text.All(char.IsAsciiHexDigitLower);
}
