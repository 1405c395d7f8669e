using Microsoft.Win32.SafeHandles;

namespace Prism.Supervisor.Secrets;

/// <summary>
/// The places an age key may come from. A service looks in five: the descriptor age-key (OpenFile=), $CREDENTIALS_DIRECTORY/age-key
/// (LoadCredential=), SOPS_AGE_KEY_FILE, SOPS_AGE_KEY and SOPS_AGE_SSH_PRIVATE_KEY_FILE. A person's command also looks where sops
/// does (age/keysource.go: loadIdentities): commands, and files of the home folder.
/// </summary>
internal sealed record IdentitySources(SafeFileHandle? Descriptor, string? CredentialsDirectory, string? KeyFile, string? KeyText)
{
    /// <summary>SOPS_AGE_SSH_PRIVATE_KEY_FILE.</summary>
    public string? SshKeyFile { get; init; }

    /// <summary>SOPS_AGE_KEY_CMD, split into words without a shell.</summary>
    public string? KeyCommand { get; init; }

    /// <summary>SOPS_AGE_SSH_PRIVATE_KEY_CMD, likewise.</summary>
    public string? SshKeyCommand { get; init; }

    /// <summary>$HOME, for .ssh/id_ed25519, .ssh/id_rsa and .config/sops/age/keys.txt; null: nothing of a home folder is read.</summary>
    public string? Home { get; init; }

    /// <summary>$XDG_CONFIG_HOME, for sops/age/keys.txt; only beside <see cref="Home"/>.</summary>
    public string? ConfigHome { get; init; }

    /// <summary>What runs the two commands; null: none is run.</summary>
    public ICommandRunner? Runner { get; init; }

    /// <summary>What the two commands find in their environment: all that the person has, as sops hands it on.</summary>
    public IReadOnlyDictionary<string, string> CommandEnvironment { get; init; } = new Dictionary<string, string>();

    /// <summary>The names of the file's recipients, by key group: a command is asked for the key of each (SOPS_AGE_RECIPIENT, since sops 3.12).</summary>
    public IReadOnlyList<IReadOnlyList<string>> Wanted { get; init; } = [];

    /// <summary>What becomes of a key file that others can read.</summary>
    public FileCare Care { get; init; } = FileCare.ForPerson;

    /// <summary>For a service: nothing of a home folder, and no command.</summary>
    public static IdentitySources ForService(IReadOnlyDictionary<string, string> environment, SafeFileHandle? descriptor) => new(
        descriptor,
        environment.GetValueOrDefault("CREDENTIALS_DIRECTORY"),
        environment.GetValueOrDefault("SOPS_AGE_KEY_FILE"),
        environment.GetValueOrDefault("SOPS_AGE_KEY"))
    {
        SshKeyFile = environment.GetValueOrDefault("SOPS_AGE_SSH_PRIVATE_KEY_FILE"),
        Care = FileCare.ForService,
    };

    /// <summary>For a person at a terminal: all that sops would try.</summary>
    public static IdentitySources LikeSops(IReadOnlyDictionary<string, string> environment, SafeFileHandle? descriptor, ICommandRunner runner) =>
        ForService(environment, descriptor) with
        {
            KeyCommand = environment.GetValueOrDefault("SOPS_AGE_KEY_CMD"),
            SshKeyCommand = environment.GetValueOrDefault("SOPS_AGE_SSH_PRIVATE_KEY_CMD"),
            Home = environment.GetValueOrDefault("HOME"),
            ConfigHome = environment.GetValueOrDefault("XDG_CONFIG_HOME"),
            Runner = runner,
            Care = FileCare.ForPerson,
            CommandEnvironment = environment,
        };

    /// <summary>A record would print the key text.</summary>
    public override string ToString() => nameof(IdentitySources);
}
