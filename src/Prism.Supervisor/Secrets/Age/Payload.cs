using System.Security.Cryptography;

namespace Prism.Supervisor.Secrets.Age;

/// <summary>The payload of an age file: STREAM over ChaCha20-Poly1305 in chunks of 64 KiB. All of it or nothing.</summary>
internal static class Payload
{
    private const int StreamNonceLength = 16;
    private const int ChunkLength = (64 * 1024) + Primitives.TagLength;

    /// <exception cref="FormatException">A chunk is altered, missing, reordered, or something follows the last one.</exception>
    public static byte[] Open(byte[] fileKey, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < StreamNonceLength)
        {
            throw new FormatException("it ends before the nonce behind its age header");
        }

        var key = Primitives.Hkdf(fileKey, payload[..StreamNonceLength].ToArray(), "payload"u8);
        try
        {
            return OpenChunks(key, payload[StreamNonceLength..]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static byte[] OpenChunks(byte[] key, ReadOnlySpan<byte> rest)
    {
        // Never grown: a list would leave copies of the data key behind.
        var clear = new byte[rest.Length];
        var (written, nonce) = (0, new byte[Primitives.NonceLength]);
        for (var first = true; ; first = false)
        {
            // The last byte of the nonce marks the last chunk: a file cut at a chunk's end does not open.
            var chunk = rest[..Math.Min(ChunkLength, rest.Length)];
            rest = rest[chunk.Length..];
            nonce[^1] = (byte)(rest.IsEmpty ? 1 : 0);
            var opened = Primitives.Open(key, nonce, chunk);
            if (opened is null || (opened.Length == 0 && !first))
            {
                CryptographicOperations.ZeroMemory(clear);
                throw new FormatException("its age payload is altered or cut short");
            }

            opened.CopyTo(clear, written);
            written += opened.Length;
            CryptographicOperations.ZeroMemory(opened);
            if (rest.IsEmpty)
            {
                var content = clear[..written];
                CryptographicOperations.ZeroMemory(clear);
                return content;
            }

            Increment(nonce.AsSpan(..^1));
        }
    }

    private static void Increment(Span<byte> counter)
    {
        for (var i = counter.Length - 1; i >= 0 && ++counter[i] == 0; i--)
        {
        }
    }
}
