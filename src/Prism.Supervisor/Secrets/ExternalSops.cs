using System.Security.Cryptography;
using Prism.Supervisor.Secrets.Age;
using Prism.Supervisor.Secrets.Sops;

namespace Prism.Supervisor.Secrets;

/// <summary>
/// The operator's own sops, for files that only it can open (PGP, KMS, Vault, plugins, passphrases, post-quantum keys). It
/// checks the MAC; what it prints is held against the file that was read here, entry by entry. All sops since 3.7 take the same words.
/// </summary>
/// <param name="environment">What it finds in its environment: cloud credentials, GNUPGHOME, SOPS_*.</param>
internal sealed class ExternalSops(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, ICommandRunner runner)
{
    public const string Setting = "secrets.sopsCommand";

    // A descriptor, not a file: a key that has no place of its own shall get none, and neither argv nor environ.
    private const string KeyDescriptor = "/dev/fd/3";
    private const string KeyFileVariable = "SOPS_AGE_KEY_FILE";

    /// <summary>How people know it.</summary>
    public string Name { get; } = Quoted.Path(command[0]);

    /// <summary>Every line that is not metadata, in the order of the file.</summary>
    /// <param name="encrypted">What this process read of the file, for the kinds of its entries.</param>
    /// <exception cref="StartupException">It failed, or printed another file.</exception>
    public IReadOnlyList<SopsEntry> Decrypt(string path, string encrypted, IdentitySources identities, string where)
    {
        var values = new Dictionary<string, string>(environment, StringComparer.Ordinal);
        var key = HandOver(identities, values);
        byte[] output = [];
        try
        {
            output = runner.Run(Setting, [.. command, "--decrypt", "--input-type", "dotenv", "--output-type", "dotenv", Path.GetFullPath(path)], values, key);
            return Entries(DotEnv.Parse(encrypted, where), DotEnv.Parse(SmallFile.Text(output, Setting), Setting), where);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(output);
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>The two files name the same variables in the same order, or they are not the same: pure.</summary>
    internal static IReadOnlyList<SopsEntry> Entries(IEnumerable<DotEnvLine> encrypted, IReadOnlyList<DotEnvLine> clear, string where)
    {
        var kinds = new Queue<DotEnvLine>(encrypted.Where(line => line.Name is not null && !SopsFile.IsMetadata(line)));
        var entries = new List<SopsEntry>();
        foreach (var line in clear)
        {
            if (line.Name is null)
            {
                entries.Add(new SopsEntry(line.Number, null, line.Text, EntryKind.Comment));
                continue;
            }

            var kind = kinds.TryDequeue(out var before) && before.Name == line.Name ? KindOf(before.Text) : throw NotTheSame(where);
            entries.Add((kind == EntryKind.Empty) == (line.Text.Length == 0)
                ? new SopsEntry(before.Number, line.Name, DotEnv.Unescape(line.Text), kind)
                : throw NotTheSame(where));
        }

        return kinds.Count == 0 ? entries : throw NotTheSame(where);
    }

    private static EntryKind KindOf(string text) => text switch
    {
        "" => EntryKind.Empty,
        _ when !SopsValue.Claims(text) => EntryKind.Clear,
        _ => SopsValue.TryParse(text)?.Type == "str" ? EntryKind.Encrypted : EntryKind.Typed,
    };

    private static StartupException NotTheSame(string where) =>
        Refusal.Because($"{where}: {Setting} printed other variables than the file has; it was changed meanwhile, or the command is no sops: run it by hand");

    /// <summary>The key that only this process was given; those that the environment speaks of sops finds itself, save that one variable cannot name two files.</summary>
    private static byte[]? HandOver(IdentitySources identities, Dictionary<string, string> values)
    {
        var key = identities.Descriptor is { } descriptor ? TryRead(() => SmallFile.Read(descriptor, "descriptor age-key"))
            : string.IsNullOrEmpty(identities.CredentialsDirectory) ? null
            : TryRead(() => SmallFile.Read(Path.Join(identities.CredentialsDirectory, "age-key"), "credential age-key").Bytes);
        if (key is null)
        {
            return null;
        }

        if (SshKey.Recognizes(key))
        {
            values["SOPS_AGE_SSH_PRIVATE_KEY_FILE"] = KeyDescriptor;
            return key;
        }

        var other = values.TryGetValue(KeyFileVariable, out var path) ? TryRead(() => SmallFile.Read(path, KeyFileVariable).Bytes) : null;
        values[KeyFileVariable] = KeyDescriptor;
        if (other is null)
        {
            return key;
        }

        byte[] both = [.. key, (byte)'\n', .. other];
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(other);
        return both;
    }

    /// <summary>Null when it is not there or cannot be read: the keyring has told of it.</summary>
    private static byte[]? TryRead(Func<byte[]> read)
    {
        try
        {
            return read();
        }
        catch (StartupException)
        {
            return null;
        }
    }
}
