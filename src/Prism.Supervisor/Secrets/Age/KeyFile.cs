using System.Globalization;

namespace Prism.Supervisor.Secrets.Age;

/// <summary>The identities of a key file. One bad line makes the whole file unusable, as in age and sops; a whole key of a kind that is not supported is passed over, but not in silence.</summary>
internal static class KeyFile
{
    private const int LongestLine = 64 * 1024;

    /// <summary>
    /// Lines end at LF, one CR before it is dropped; empty lines and # in the first column are skipped; every other line is exactly one key.
    /// What is wrong with keys of other kinds is added to <paramref name="others"/>, and without that they are refused.
    /// </summary>
    /// <exception cref="FormatException">It is unusable; the message says the line and what is wrong, never its content.</exception>
    public static IReadOnlyList<Identity> Parse(ReadOnlySpan<byte> text, List<string>? others = null) => Parse(text, others, severalPerLine: false);

    /// <summary>SOPS_AGE_KEY: the same, but keys on one line may be separated by blanks (sops 3.13).</summary>
    /// <exception cref="FormatException">It is unusable; the message says the line and what is wrong, never its content.</exception>
    public static IReadOnlyList<Identity> ParseVariable(ReadOnlySpan<byte> text, List<string>? others = null) => Parse(text, others, severalPerLine: true);

    /// <summary>Whether it is an age file, and so wants a passphrase.</summary>
    public static bool IsEncrypted(ReadOnlySpan<byte> text) => text.StartsWith("age-encryption.org/"u8) || text.StartsWith("-----BEGIN AGE"u8);

    private static List<Identity> Parse(ReadOnlySpan<byte> text, List<string>? others, bool severalPerLine)
    {
        if (IsEncrypted(text))
        {
            throw new FormatException("is encrypted with a passphrase, and nobody is there to type it; give the decrypted key file, or set secrets.sopsCommand");
        }

        var identities = new List<Identity>();
        var number = 0;
        foreach (var range in text.Split((byte)'\n'))
        {
            number++;
            var line = text[range];
            line = line.EndsWith("\r"u8) ? line[..^1] : line;
            if (line.IsEmpty || line[0] == '#')
            {
                continue;
            }

            if (!severalPerLine)
            {
                Add(line);
                continue;
            }

            foreach (var word in line.SplitAny(" \t\v\f\r"u8))
            {
                if (!line[word].IsEmpty)
                {
                    Add(line[word]);
                }
            }
        }

        return identities.Count > 0 || others is { Count: > 0 } ? identities : throw new FormatException("holds no key; it needs a line that begins with AGE-SECRET-KEY-1");

        void Add(ReadOnlySpan<byte> key)
        {
            if (key.Length <= LongestLine && X25519Identity.TryParse(key) is { } identity)
            {
                identities.Add(identity);
                return;
            }

            var fault = string.Create(CultureInfo.InvariantCulture, $"line {number} {WhatIsWrong(key)}");
            if (others is null || !IsOfAnotherKind(key))
            {
                identities.ForEach(i => i.Dispose());
                throw new FormatException(fault);
            }

            others.Add(fault);
        }
    }

    /// <summary>A whole key, its checksum and all, of a plugin or post-quantum.</summary>
    private static bool IsOfAnotherKind(ReadOnlySpan<byte> key) =>
        (key.StartsWith("AGE-PLUGIN-"u8) || key.StartsWith("AGE-SECRET-KEY-PQ-1"u8)) && Bech32.Decode(key, key[..Math.Max(0, key.LastIndexOf((byte)'1'))]) is not null;

    private static string WhatIsWrong(ReadOnlySpan<byte> line)
    {
        var blanks = " \t\v\f\r"u8;
        if (line.Trim(blanks).Length != line.Length)
        {
            return "has a blank before or after the key; remove it";
        }

        return true switch
        {
            _ when line.StartsWith("\ufeff"u8) => "begins with a byte order mark; save the file without it",
            _ when line.StartsWith("age1"u8) => "is a public key; the private one begins with AGE-SECRET-KEY-1",
            _ when line.StartsWith("AGE-SECRET-KEY-PQ-1"u8) => "is a post-quantum key, which is not supported; use an X25519 key (age-keygen) and sops updatekeys, or set secrets.sopsCommand",
            _ when line.StartsWith("AGE-PLUGIN-"u8) => "is the key of an age plugin, which is not supported; use an X25519 key (age-keygen) and sops updatekeys, or set secrets.sopsCommand",
            _ when line.StartsWith("-----BEGIN "u8) => "begins an ssh or PEM key, which is no age key; give it as SOPS_AGE_SSH_PRIVATE_KEY_FILE, or as the descriptor or credential age-key",
            _ when line.StartsWith("ssh-"u8) => "is an ssh public key; a key file needs a private key, which begins with AGE-SECRET-KEY-1",
            _ when line.StartsWith("age-secret-key-1"u8) => "is in lower case; write the key in capitals",
            _ when !line.StartsWith("AGE-SECRET-KEY-1"u8) => "is not an age key; it must begin with AGE-SECRET-KEY-1",
            _ when line.IndexOfAny(blanks) >= 0 => "holds more than one key; write each on its own line",
            _ => "is a mistyped or damaged key: its checksum does not hold",
        };
    }
}
