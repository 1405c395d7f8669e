using System.Text;
using Microsoft.Win32.SafeHandles;
using Prism.Supervisor.Secrets.Age;

namespace Prism.Supervisor.Secrets;

/// <summary>A place that may hold keys: how it is called, read and understood, and whether every process of this user can read it too.</summary>
internal sealed class KeyPlace
{
    private const int LongestProgram = 64;

    private readonly Func<string, string?, byte[]> read;
    private readonly Parser parse;

    private KeyPlace(string name, Func<string, byte[]> read, Parser parse) : this(name, (what, _) => read(what), parse)
    {
    }

    private KeyPlace(string name, Func<string, string?, byte[]> read, Parser parse) => (Name, this.read, this.parse) = (name, read, parse);

    private delegate IReadOnlyList<Identity> Parser(ReadOnlySpan<byte> text, List<string> others);

    public string Name { get; }

    public bool IsExposed { get; private init; } = true;

    /// <summary>Whether nobody named it.</summary>
    public bool IsDefault { get; private init; }

    /// <summary>Whether it is a command, which may give another key for another recipient.</summary>
    public bool IsCommand { get; private init; }

    /// <summary>The places there are, ours first and then those of sops in its order (age/keysource.go: loadIdentities).</summary>
    public static IEnumerable<KeyPlace> Of(IdentitySources sources, KeyFiles files)
    {
        KeyPlace?[] places =
        [
            OfDescriptor(sources.Descriptor, files),
            OfFolder(sources.CredentialsDirectory, "age-key", ParseEither, files, "credential age-key"),
            OfFile("SOPS_AGE_SSH_PRIVATE_KEY_FILE", sources.SshKeyFile, ParseSsh, files),
            OfCommand("SOPS_AGE_SSH_PRIVATE_KEY_CMD", sources.SshKeyCommand, sources, ParseSsh),
            OfFolder(sources.Home, ".ssh/id_ed25519", ParseSsh, files),
            OfFolder(sources.Home, ".ssh/id_rsa", ParseSsh, files),
            OfText("SOPS_AGE_KEY", sources.KeyText),
            OfFile("SOPS_AGE_KEY_FILE", sources.KeyFile, KeyFile.Parse, files),
            OfCommand("SOPS_AGE_KEY_CMD", sources.KeyCommand, sources, KeyFile.Parse),
            OfUserConfiguration(sources, files),
        ];
        return places.OfType<KeyPlace>();
    }

    /// <exception cref="StartupException">It cannot be read.</exception>
    /// <exception cref="FormatException">It is a command that is none.</exception>
    public byte[] Read(string? recipient) => read(Name, recipient);

    /// <summary>Its keys; what is wrong with those of kinds that are not supported is added to <paramref name="others"/>.</summary>
    /// <exception cref="FormatException">It is unusable.</exception>
    public IReadOnlyList<Identity> Parse(byte[] text, List<string> others) => parse(text, others);

    private static KeyPlace? OfDescriptor(SafeFileHandle? descriptor, KeyFiles files) => descriptor is null
        ? null
        : new("descriptor age-key", what => files.Read(descriptor, what), ParseEither) { IsExposed = false };

    private static KeyPlace? OfFile(string variable, string? path, Parser parse, KeyFiles files) => string.IsNullOrEmpty(path)
        ? null
        : new($"{variable} {Quoted.Path(path)}", what => files.Read(path, what), parse);

    private static KeyPlace? OfText(string variable, string? text) => string.IsNullOrEmpty(text)
        ? null
        : new(variable, _ => Encoding.UTF8.GetBytes(text), KeyFile.ParseVariable);

    /// <summary>A file that need not be there; one without a name of its own is a default of sops.</summary>
    private static KeyPlace? OfFolder(string? folder, string file, Parser parse, KeyFiles files, string? name = null) =>
        string.IsNullOrEmpty(folder) || Path.Join(folder, file) is var path && !Exists(path)
            ? null
            : new(name ?? Quoted.Path(path), what => files.Read(path, what), parse) { IsDefault = name is null };

    /// <summary>Go's os.UserConfigDir: a relative $XDG_CONFIG_HOME is a mistake, and does not mean the one of the home folder.</summary>
    private static KeyPlace? OfUserConfiguration(IdentitySources sources, KeyFiles files) => sources.ConfigHome switch
    {
        null or "" => OfFolder(sources.Home, ".config/sops/age/keys.txt", KeyFile.Parse, files),
        var folder when Path.IsPathRooted(folder) => OfFolder(folder, "sops/age/keys.txt", KeyFile.Parse, files),
        _ => new("XDG_CONFIG_HOME", _ => throw new FormatException("is no absolute path, and so not used"), KeyFile.Parse) { IsDefault = true },
    };

    private static KeyPlace? OfCommand(string variable, string? command, IdentitySources sources, Parser parse)
    {
        if (string.IsNullOrEmpty(command) || sources.Runner is not { } runner)
        {
            return null;
        }

        try
        {
            var words = CommandWords.Split(command);
            return words.Count > 0
                ? new($"{variable} ({ProgramOf(words[0])})", (what, recipient) => runner.Run(what, words, For(recipient, sources.CommandEnvironment), key: null), parse) { IsCommand = true }
                : new(variable, _ => throw new FormatException("is set and names no program"), parse);
        }
        catch (FormatException fault)
        {
            return new(variable, _ => throw new FormatException($"{fault.Message}; it is split into words like a shell's, but no shell runs it"), parse);
        }
    }

    /// <summary>As sops tells its commands whose key it wants (age/keysource.go: getOutputFromCmd).</summary>
    private static IReadOnlyDictionary<string, string> For(string? recipient, IReadOnlyDictionary<string, string> environment) => recipient is null
        ? environment
        : new Dictionary<string, string>(environment, StringComparer.Ordinal) { ["SOPS_AGE_RECIPIENT"] = recipient };

    /// <summary>Of the command's words only the program's name is told: the others may be secret, and so may what stands behind a = in the first.</summary>
    private static string ProgramOf(string word) => Path.GetFileName(word.Split('=')[0]) is { Length: > 0 and <= LongestProgram } name ? Quoted.Path(name) : "a program";

    private static IReadOnlyList<Identity> ParseSsh(ReadOnlySpan<byte> text, List<string> others) => SshKey.Parse(text);

    private static IReadOnlyList<Identity> ParseEither(ReadOnlySpan<byte> text, List<string> others) =>
        SshKey.Recognizes(text) ? SshKey.Parse(text) : KeyFile.Parse(text, others);

    /// <summary>What is there but may not be looked at exists: its reader says what is wrong.</summary>
    private static bool Exists(string path)
    {
        try
        {
            _ = File.GetAttributes(path);
            return true;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return fault is not (FileNotFoundException or DirectoryNotFoundException);
        }
    }
}
