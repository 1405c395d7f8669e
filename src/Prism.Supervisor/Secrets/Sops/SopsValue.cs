using System.Text;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Secrets.Age;

namespace Prism.Supervisor.Secrets.Sops;

/// <summary>An ENC[AES256_GCM,…] of a sops file (aes/cipher.go). Stricter than sops: the text ends at its bracket, IV and key have 32 bytes, the tag 16.</summary>
internal sealed record SopsValue(byte[] Data, byte[] Iv, byte[] Tag, string Type)
{
    public const int KeyLength = 32;

    private const string Start = "ENC[AES256_GCM,data:";
    private const int TagLength = 16;
    private const int IvLength = 32;

    /// <summary>Whether a text claims to be encrypted, well or badly.</summary>
    public static bool Claims(string text) => text.StartsWith("ENC[", StringComparison.Ordinal);

    /// <summary>Null if the text is not exactly an encrypted value.</summary>
    public static SopsValue? TryParse(string text)
    {
        if (!text.StartsWith(Start, StringComparison.Ordinal) || !text.EndsWith(']'))
        {
            return null;
        }

        var parts = text[Start.Length..^1].Split(',');
        return parts.Length == 4
            && Bytes(parts[0], "") is { Length: > 0 } data
            && Bytes(parts[1], "iv:") is { Length: IvLength } iv
            && Bytes(parts[2], "tag:") is { Length: TagLength } tag
            && parts[3].StartsWith("type:", StringComparison.Ordinal)
                ? new SopsValue(data, iv, tag, parts[3]["type:".Length..])
                : null;
    }

    /// <summary>The plaintext, or null if key, associated data and value do not belong together. .NET's AesGcm takes no IV but one of 12 bytes.</summary>
    public byte[]? Open(byte[] key, string associated) => Primitives.Open(
        new GcmBlockCipher(AesUtilities.CreateEngine()), new AeadParameters(new KeyParameter(key), TagLength * 8, Iv, ByteText.Encode(associated)), Data, Tag);

    private static byte[]? Bytes(string part, string label) => part.StartsWith(label, StringComparison.Ordinal)
        ? StrictBase64.Decode(Encoding.UTF8.GetBytes(part[label.Length..]), padded: true)
        : null;
}
