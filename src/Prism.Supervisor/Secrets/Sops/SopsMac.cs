using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Digests;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Secrets.Sops;

/// <summary>The MAC over all values in the order of the file (sops.go: Tree.Decrypt): no names, no separators, no comments.</summary>
internal sealed class SopsMac
{
    private readonly Sha512Digest digest = new();
    private readonly bool onlyEncrypted;

    public SopsMac(bool onlyEncrypted)
    {
        this.onlyEncrypted = onlyEncrypted;
        if (onlyEncrypted)
        {
            // Starts with SHA-256("sops"), so that taking mac_only_encrypted out of the metadata shows (sops.go: MACOnlyEncryptedInitialization).
            var start = new byte[32];
            var sha256 = new Sha256Digest();
            sha256.BlockUpdate("sops"u8);
            sha256.DoFinal(start, 0);
            digest.BlockUpdate(start);
        }
    }

    public void Add(string value, bool encrypted)
    {
        if (encrypted || !onlyEncrypted)
        {
            var bytes = ByteText.Encode(value);
            digest.BlockUpdate(bytes);
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Whether the file's MAC is this one; the comparison is of upper-case hex, as in sops. Ends the MAC.</summary>
    public bool Matches(ReadOnlySpan<byte> expected)
    {
        var sum = new byte[digest.GetDigestSize()];
        digest.DoFinal(sum, 0);
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Convert.ToHexString(sum)), expected);
    }
}
