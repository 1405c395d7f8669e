using System.Security.Cryptography;

namespace Prism.Supervisor.Secrets.Age;

/// <summary>An age file: whose it is, and what is in it for one who holds a key.</summary>
internal sealed class AgeFile
{
    private readonly Header header;
    private readonly byte[] payload;

    private AgeFile(Header header, byte[] payload) => (this.header, this.payload) = (header, payload);

    /// <summary>The kinds of its recipients: X25519, ssh-ed25519, scrypt and what else there may be.</summary>
    public IEnumerable<string> RecipientTypes => header.Stanzas.Select(s => s.Type);

    /// <exception cref="FormatException">It is no armored age file.</exception>
    public static AgeFile ParseArmored(ReadOnlySpan<byte> text) => Parse(Armor.Decode(text));

    /// <exception cref="FormatException">It is no age file.</exception>
    public static AgeFile Parse(ReadOnlySpan<byte> file)
    {
        var header = Header.Parse(file);
        return new AgeFile(header, file[header.Length..].ToArray());
    }

    /// <summary>The content, or null if no recipient of the file is this identity; stanzas of unknown types are skipped.</summary>
    /// <exception cref="FormatException">The identity's stanza, the header's MAC or the payload does not hold.</exception>
    public byte[]? Open(Identity identity)
    {
        foreach (var stanza in header.Stanzas)
        {
            if (identity.Unwrap(stanza) is { } fileKey)
            {
                try
                {
                    return Open(fileKey);
                }
                finally
                {
                    CryptographicOperations.ZeroMemory(fileKey);
                }
            }
        }

        return null;
    }

    private byte[] Open(byte[] fileKey)
    {
        var key = Primitives.Hkdf(fileKey, [], "header"u8);
        var mac = Primitives.Hmac(key, header.Authenticated);
        CryptographicOperations.ZeroMemory(key);
        return CryptographicOperations.FixedTimeEquals(mac, header.Mac)
            ? Payload.Open(fileKey, payload)
            : throw new FormatException("the MAC of its age header does not hold");
    }
}
