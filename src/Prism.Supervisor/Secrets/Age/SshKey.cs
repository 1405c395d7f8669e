using System.Security.Cryptography;

namespace Prism.Supervisor.Secrets.Age;

/// <summary>The identities of an ssh private key file: the kinds that Go's ssh.ParseRawPrivateKey and age know, each other one refused by its name.</summary>
internal static class SshKey
{
    public const string Locked = "is protected by a passphrase, and nobody is there to type it; give a key without one (ssh-keygen -p), best one made for this service alone";

    /// <summary>Whether a text that may be either is an ssh key, and no age key file.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> text) => Pem.Begins(text) && !KeyFile.IsEncrypted(text);

    /// <summary>The key itself and, of an ed25519 key, what ssh-to-age makes of it: sops opens only stanzas for the former, sops-nix only those for the latter.</summary>
    /// <exception cref="FormatException">It is unusable; the message says why, never its content.</exception>
    public static IReadOnlyList<Identity> Parse(ReadOnlySpan<byte> text)
    {
        RefuseByName(text.TrimStart(" \t\r\n"u8));
        var (label, bytes) = Pem.Decode(text);
        try
        {
            var identity = label switch
            {
                "OPENSSH PRIVATE KEY" => OpenSshFile.Parse(bytes),
                "RSA PRIVATE KEY" => PemKeyFile.ParseRsa(bytes),
                "PRIVATE KEY" => PemKeyFile.ParsePkcs8(bytes),
                "ENCRYPTED" or "ENCRYPTED PRIVATE KEY" => throw new FormatException(Locked),
                "EC PRIVATE KEY" => throw new FormatException(OtherKind("ecdsa")),
                "DSA PRIVATE KEY" => throw new FormatException(OtherKind("ssh-dss")),
                _ when label.Contains("PUBLIC KEY", StringComparison.Ordinal) => throw new FormatException(IsPublic),
                _ => throw new FormatException("is no private key of a kind that age takes (ssh-ed25519, ssh-rsa)"),
            };
            return identity is SshEd25519Identity key ? [key, key.Convert()] : [identity];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>What to say of a key of this type; an unknown one is not quoted, the file may be anything.</summary>
    public static string OtherKind(string type)
    {
        var name = type switch
        {
            _ when type.StartsWith("sk-", StringComparison.Ordinal) => "the handle of a hardware (sk) ssh key",
            _ when type.StartsWith("ecdsa", StringComparison.Ordinal) => "an ECDSA key",
            "ssh-dss" => "a DSA key",
            _ => "a key of another kind",
        };
        return $"is {name}, and age takes ssh-ed25519 and ssh-rsa only; use another key and sops updatekeys";
    }

    private const string IsPublic = "is an ssh public key; give the private one, whose file has the same name without .pub";

    private static void RefuseByName(ReadOnlySpan<byte> text)
    {
        var fault = text switch
        {
            _ when text.IsEmpty => "is empty; it needs an ssh private key",
            _ when text.StartsWith("ssh-"u8) || text.StartsWith("ecdsa-"u8) || text.StartsWith("sk-"u8) => IsPublic,
            _ when text.StartsWith("PuTTY-User-Key-File"u8) => "is a PuTTY key; export it as an OpenSSH key (puttygen)",
            _ when text.IndexOf("AGE-SECRET-KEY-"u8) >= 0 => "is an age key and no ssh key; give it as SOPS_AGE_KEY_FILE",
            _ => null,
        };
        if (fault is not null)
        {
            throw new FormatException(fault);
        }
    }
}
