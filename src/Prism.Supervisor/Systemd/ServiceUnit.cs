using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Systemd;

/// <summary>What a .service unit says about its main process, as the manager has loaded it, drop-ins and specifiers included (systemd.exec(5)). Nothing of it is secret to root.</summary>
/// <param name="Command">The first ExecStart=, program first; empty when it has none.</param>
/// <param name="User">Empty: root.</param>
/// <param name="SetsLogin">Whether HOME, LOGNAME and SHELL are set (SetLoginEnvironment=).</param>
/// <param name="EnvironmentFiles">Paths, and whether one that is missing is passed over.</param>
/// <param name="ManagerEnvironment">What the manager gives to every unit.</param>
/// <param name="Directories">STATE_DIRECTORY and its kin, as they are set for it.</param>
/// <param name="Credentials">Those that it is given, and the file that each is, where root can read it as it is; null: only systemd can (encrypted, set in the unit, from a store).</param>
/// <param name="KeyFile">The file that OpenFile= or else LoadCredential= hands over under the name asked for; and whether it may be missing.</param>
internal sealed record ServiceUnit(
    string Name,
    IReadOnlyList<string> Command,
    string User,
    string Group,
    IReadOnlyList<string> SupplementaryGroups,
    bool SetsLogin,
    string WorkingDirectory,
    int Mask,
    IReadOnlyList<string> ManagerEnvironment,
    IReadOnlyList<string> SearchPath,
    IReadOnlyList<string> Environment,
    IReadOnlyList<(string Path, bool MayBeMissing)> EnvironmentFiles,
    IReadOnlyList<string> PassEnvironment,
    IReadOnlyList<string> UnsetEnvironment,
    IReadOnlyList<KeyValuePair<string, string>> Directories,
    IReadOnlyList<(string Name, string? Path)> Credentials,
    (string Path, bool MayBeMissing)? KeyFile)
{
    private const string Service = ".service";

    // What systemd.unit(5) calls the other kinds.
    private static readonly string[] OtherKinds = [".socket", ".device", ".mount", ".automount", ".swap", ".target", ".path", ".timer", ".slice", ".scope"];

    // The names of the properties, where they are and the variables (systemd.exec(5)); DynamicUser= leaves these paths as they are.
    private static readonly (string Property, string Parent, string Variable)[] Kinds =
    [
        ("RuntimeDirectory", "/run", "RUNTIME_DIRECTORY"),
        ("StateDirectory", "/var/lib", "STATE_DIRECTORY"),
        ("CacheDirectory", "/var/cache", "CACHE_DIRECTORY"),
        ("LogsDirectory", "/var/log", "LOGS_DIRECTORY"),
        ("ConfigurationDirectory", "/etc", "CONFIGURATION_DIRECTORY"),
    ];

    /// <summary>Reads a unit; without .service it is added, as systemctl does.</summary>
    public static ServiceUnit Read(ServiceManager manager, string name, string keyName)
    {
        name = FullName(name);
        var path = manager.UnitPath(name);
        var state = manager.Text(path, ServiceManager.UnitFace, "LoadState");
        if (state != "loaded")
        {
            throw new StartupException(ExitCode.Configuration, $"{name}: {(state == "not-found" ? "there is no such unit" : $"systemd calls it {state}")}: name another with --unit, or do without one (--config, --secrets)");
        }

        name = manager.Text(path, ServiceManager.UnitFace, "Id"); // What was asked for may be an alias.
        string Text(string property) => manager.Text(path, ServiceManager.ServiceFace, property);
        List<string> Texts(string property) => manager.Texts(path, ServiceManager.ServiceFace, property);
        List<T> Elements<T>(string property, string signature, Func<BusMessage, T> read) =>
            manager.Elements(path, ServiceManager.ServiceFace, property, signature, answer => answer.Inside('r', signature[1..^1], read));

        var user = Text("User");
        var loaded = Elements("LoadCredential", "(ss)", answer => (Name: answer.Text(), Path: answer.Text())).ConvertAll(one => (one.Name, Path: one.Path.StartsWith('/') ? one.Path : null));
        var isDynamic = manager.Flag(path, ServiceManager.ServiceFace, "DynamicUser");
        return new ServiceUnit(
            name,
            Elements("ExecStart", "(sasbttttuii)", ReadCommand).FirstOrDefault() ?? [],
            user.Length == 0 && isDynamic ? name[..^Service.Length] : user,
            Text("Group"),
            Texts("SupplementaryGroups"),
            ServiceManager.Optional<object>(() => manager.Flag(path, ServiceManager.ServiceFace, "SetLoginEnvironment")) as bool? ?? (user.Length > 0 || isDynamic),
            Text("WorkingDirectory"),
            (int)manager.Number32(path, ServiceManager.ServiceFace, "UMask"),
            manager.Texts(ServiceManager.ManagerPath, ServiceManager.ManagerFace, "Environment"),
            ServiceManager.Optional(() => Texts("ExecSearchPath")) ?? [],
            Texts("Environment"),
            Elements("EnvironmentFiles", "(sb)", answer => (answer.Text(), answer.Flag())),
            Texts("PassEnvironment"),
            Texts("UnsetEnvironment"),
            [.. Kinds.Select(kind => KeyValuePair.Create(kind.Variable, string.Join(':', Texts(kind.Property).Select(name => $"{kind.Parent}/{name}")))).Where(pair => pair.Value.Length > 0)],
            [.. loaded, .. OfSystemd("LoadCredentialEncrypted", "(ss)"), .. OfSystemd("SetCredential", "(say)"), .. OfSystemd("SetCredentialEncrypted", "(say)")],
            FindKey());

        IEnumerable<(string, string?)> OfSystemd(string property, string signature) => Elements(property, signature, answer =>
        {
            var credential = answer.Text();
            answer.Skip(signature[2..^1]);
            return (credential, (string?)null);
        });

        (string, bool)? FindKey()
        {
            const ulong graceful = 8; // OPENFILE_GRACEFUL
            var opened = ServiceManager.Optional(() => Elements("OpenFile", "(sst)", answer => (Path: answer.Text(), Name: answer.Text(), Flags: answer.Number64()))) ?? [];
            return opened.Where(one => one.Name == keyName).Select(one => (one.Path, (one.Flags & graceful) != 0))
                .Concat(loaded.Where(one => one.Name == keyName && one.Path is not null).Select(one => (one.Path!, true)))
                .Select(one => ((string, bool)?)one)
                .FirstOrDefault();
        }
    }

    private static string FullName(string name) =>
        name.EndsWith(Service, StringComparison.Ordinal) ? name
        : OtherKinds.Any(kind => name.EndsWith(kind, StringComparison.Ordinal)) ? throw new StartupException(ExitCode.Usage, $"--unit {name}: is no service: name a .service unit")
        : name + Service;

    private static List<string> ReadCommand(BusMessage answer)
    {
        _ = answer.Text();
        var arguments = answer.Elements("s", one => one.Text());
        answer.Skip("bttttuii");
        return arguments;
    }
}
