using Microsoft.Win32.SafeHandles;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor;

/// <summary>From what exec was asked for to what is to be run: alone with a file, as a child of the site's unit would be, or as the unit that we are already. Throws <see cref="StartupException"/>.</summary>
internal sealed class ExecPlanner(ExecRequest request, IReadOnlyDictionary<string, string> caller, PassedDescriptors passed, Action<string> warn)
{
    public const string DefaultUnit = "prism-django.service";

    private const string AsRoot = "run it as root (sudo prism-supervisor exec …), or give the key with --secrets FILE and SOPS_AGE_KEY_FILE";

    // A command on the caller's terminal should know which one it is, and in which language to speak.
    private static readonly string[] Terminal = ["TERM", "COLORTERM"];
    private static readonly string[] Locale = ["LANG", "LANGUAGE", "LC_*"];

    /// <summary>What is to be read as sops reads it must be a sops file: in clear it would be one that somebody put in its place.</summary>
    private string ExplicitFormat => request.Dialect == "sops" ? "sops" : "auto";

    /// <summary>Whoever can be told to use sudo: not root, and not a unit, whose rights are as they are.</summary>
    private bool IsPerson => !Account.IsRoot && !MainProcess.IsThis(caller);

    public Successor Plan() => true switch
    {
        _ when request.IsStandAlone => StandAlone(request.Secrets!),
        _ when request.Unit is not null || (request.Config is null && Account.IsRoot) => OfUnit(),
        _ => OfCaller(),
    };

    private Successor StandAlone(string file)
    {
        var user = request.User is null ? null : AskedFor(request.User);
        var secrets = Read(AsAsked(SecretRequests.Alone(file, ExplicitFormat)), LikeSops(null));
        var environment = ProcessEnvironment.Empty.With(Plain(Passed())).With(secrets);
        return new Successor(request.Command, environment, caller.GetValueOrDefault("PATH"), user, WorkingDirectory: null, Mask: null, MayDumpCore: true);
    }

    private Successor OfUnit()
    {
        ServiceUnit unit;
        using (var manager = ServiceManager.Connect())
        {
            unit = ServiceUnit.Read(manager, request.Unit ?? DefaultUnit, ReleasePreparer.AgeKey);
        }

        var account = !Account.IsRoot ? Caller(unit)
            : request.User is { } asked ? AskedFor(asked)
            : unit.User.Length > 0 ? Account.Find(unit.User, unit.Group, unit.SupplementaryGroups, unit.Name)
            : throw new StartupException(ExitCode.Usage, $"{unit.Name} names no User=: name one with --user, root if it is to be root");
        var own = UnitEnvironment.Build(unit, account, warn);
        var folder = UnitFiles.WorkingDirectory(unit, account);
        using var key = UnitFiles.OpenKey(unit);
        if (UnitFiles.AbsentKey(unit, ReleasePreparer.AgeKey) is { } absent)
        {
            warn(absent);
        }

        var options = OptionsReader.Read(request.Config ?? UnitFiles.Configuration(unit, folder), own);
        var identities = request.Secrets is null
            ? IdentitySources.ForService(own, key) with { CredentialsDirectory = UnitFiles.Credentials(unit) }
            : LikeSops(key);
        var file = request.Secrets ?? UnitFiles.Secrets(unit, options.Secrets);
        return OfSite(options, file, own, identities, account, folder ?? options.StateDirectory, unit.Mask);
    }

    private Successor OfCaller()
    {
        var account = request.User is { } asked ? AskedFor(asked)
            : !Account.IsRoot ? null
            : throw new StartupException(ExitCode.Usage, "started by root with --config: name the user to run as with --user (root if it is to be root), or the unit that knows it with --unit");
        // Not everybody has a home and a shell; root's are nobody else's.
        var own = account is null ? caller : With(caller.Where(pair => pair.Key is not ("HOME" or "SHELL")).ToDictionary(), account.Login(setsAll: true));
        var options = ReadConfiguration(own);
        using var key = passed.File(ReleasePreparer.AgeKey);
        var identities = request.Secrets is null ? IdentitySources.ForService(caller, key) : LikeSops(key);
        var file = request.Secrets ?? SecretRequests.FileOf(options.Secrets, caller);
        return OfSite(options, file, own, identities, account, MainProcess.IsThis(caller) ? null : options.StateDirectory, mask: null);
    }

    private SupervisorOptions ReadConfiguration(IReadOnlyDictionary<string, string> own)
    {
        try
        {
            return OptionsReader.Read(request.Config, own);
        }
        catch (StartupException fault) when (fault.Code == ExitCode.NoPermission && IsPerson)
        {
            throw new StartupException(ExitCode.NoPermission, $"{fault.Message}; or {AsRoot}", fault);
        }
    }

    private Successor OfSite(SupervisorOptions options, string? file, IReadOnlyDictionary<string, string> own, IdentitySources identities, Account? account, string? folder, int? mask)
    {
        if (request.Pass.FirstOrDefault(VariableNames.IsReserved) is { } reserved)
        {
            throw new StartupException(ExitCode.Usage, $"--pass {reserved}: is not passed to the site, whoever sets it: leave it out");
        }

        var secrets = file is null ? RequireSecrets(options, own) : Read(Question(options.Secrets, file, account), CaredFor(identities, account), SecretRequests.External(options.Secrets, own, new KeyCommands()));
        foreach (var warning in file is null ? [] : SecretRequests.NeverPassed(secrets, file))
        {
            warn(warning);
        }

        var passing = options with { PassEnvironment = [.. options.PassEnvironment, .. request.Pass] };
        var environment = SiteEnvironment.Build(passing, With(own, Passed()), secrets);
        var user = account is { } && Account.IsRoot && account.User != 0 ? account : null;
        return new Successor(
            request.Command,
            ProcessEnvironment.Empty.With(Plain(FromTerminal(environment))).With(Pairs(environment)).With(Plain(MainProcess.Variables(caller))),
            environment["PATH"],
            user,
            folder,
            mask,
            MayDumpCore: false);
    }

    /// <summary>An explicit file is read for what it holds, not for what the site needs.</summary>
    private SecretRequest Question(SecretsOptions options, string file, Account? account)
    {
        var question = SecretRequests.From(options, file);
        question = request.Secrets is null ? question : question with { Format = SecretRequests.Format(ExplicitFormat), Required = [], Together = [] };
        return AsAsked(question) with { Care = Care(account) };
    }

    private SecretRequest AsAsked(SecretRequest question) => SecretRequests.Override(question, request.Dialect, request.Unauthenticated);

    private SecretEnvironment Read(SecretRequest question, IdentitySources identities, ExternalSops? external = null)
    {
        try
        {
            var reading = new SecretSource(question, identities, external).Read();
            foreach (var warning in reading.Warnings)
            {
                warn(warning);
            }

            return reading.Values;
        }
        catch (StartupException fault) when (IsPerson && request.Secrets is null && (fault.Code == ExitCode.NoPermission || HasNoKey(identities)))
        {
            throw new StartupException(ExitCode.NoPermission, $"{fault.Message}; or {AsRoot}", fault);
        }
    }

    private SecretEnvironment RequireSecrets(SupervisorOptions options, IReadOnlyDictionary<string, string> own)
    {
        try
        {
            return SiteEnvironment.RequireSecrets(options, own);
        }
        catch (StartupException fault) when (IsPerson && request is { Config: null, Unit: null })
        {
            throw new StartupException(ExitCode.NoPermission, $"{fault.Message}; or {AsRoot}", fault);
        }
    }

    private static bool HasNoKey(IdentitySources identities)
    {
        using var ring = Keyring.Gather(identities);
        return ring.Keys.Count == 0;
    }

    private IdentitySources LikeSops(SafeFileHandle? key) => IdentitySources.LikeSops(caller, key, new KeyCommands());

    private IEnumerable<KeyValuePair<string, string>> Passed() => caller.Where(pair => VariableNames.Matches(request.Pass, pair.Key));

    private IEnumerable<KeyValuePair<string, string>> FromTerminal(ProcessEnvironment built)
    {
        var names = built.Names.Any(name => VariableNames.Matches(Locale, name)) ? Terminal : [.. Terminal, .. Locale];
        return caller.Where(pair => VariableNames.Matches(names, pair.Key));
    }

    private static Account AskedFor(string user)
    {
        var account = Account.Find(user, "", [], "--user");
        return Account.IsRoot || account.IsCaller
            ? account
            : throw new StartupException(ExitCode.NoPermission, $"--user {user}: only root can become another user: run it as root (sudo prism-supervisor exec …)");
    }

    private Account Caller(ServiceUnit unit)
    {
        if (request.User is { } asked)
        {
            return AskedFor(asked);
        }

        var account = Account.OfCaller();
        if (account.Name != unit.User)
        {
            warn($"running as {account.Name}, not as {(unit.User.Length == 0 ? "root" : unit.User)}, the user of {unit.Name}: only root can become another user");
        }

        return account;
    }

    private static Dictionary<string, string> With(IReadOnlyDictionary<string, string> values, IEnumerable<KeyValuePair<string, string>> added)
    {
        var joined = new Dictionary<string, string>(values, StringComparer.Ordinal);
        foreach (var (name, value) in added)
        {
            joined[name] = value;
        }

        return joined;
    }

    private static IEnumerable<KeyValuePair<string, Secret>> Plain(IEnumerable<KeyValuePair<string, string>> pairs) => pairs.Select(pair => KeyValuePair.Create(pair.Key, new Secret(pair.Value)));

    private static IEnumerable<KeyValuePair<string, Secret>> Pairs(ProcessEnvironment environment) => environment.Names.Select(name => KeyValuePair.Create(name, new Secret(environment[name]!)));

    /// <summary>Files are judged as the service would that the command belongs to; a file of the caller's own choice, as a person's.</summary>
    private FileCare Care(Account? account) => request.Secrets is not null ? FileCare.ForPerson : FileCare.ForServiceOf(account?.User, account?.Groups);

    private IdentitySources CaredFor(IdentitySources identities, Account? account) => identities with { Care = Care(account) };
}
