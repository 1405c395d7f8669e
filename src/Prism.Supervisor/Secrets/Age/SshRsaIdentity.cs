using System.Security.Cryptography;

namespace Prism.Supervisor.Secrets.Age;

/// <summary>An ssh-rsa key (age's agessh.go: RSAIdentity.Unwrap): a stanza with its fingerprint is its own, and then must open.</summary>
internal sealed class SshRsaIdentity(RsaKey key) : Identity
{
    public override string Recipient => key.PublicKey.Line;

    public override bool IsNative => false;

    public override byte[]? Unwrap(Stanza stanza)
    {
        if (stanza.Type != SshPublicKey.RsaType)
        {
            return null;
        }

        if (stanza.Arguments.Count != 1)
        {
            throw new FormatException("an ssh-rsa recipient of its age header is malformed");
        }

        if (stanza.Arguments[0] != key.PublicKey.Tag)
        {
            return null;
        }

        var fileKey = key.Open(stanza.Body, "age-encryption.org/v1/ssh-rsa"u8);
        if (fileKey is { Length: FileKeyLength })
        {
            return fileKey;
        }

        CryptographicOperations.ZeroMemory(fileKey);
        throw new FormatException("an ssh-rsa recipient of its age header is for this key and does not open");
    }

    /// <summary>The numbers of the key cannot be wiped: see <see cref="RsaKey"/>.</summary>
    public override void Dispose()
    {
    }
}
