using Prism.Supervisor.Configuration;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor;

/// <summary>Reads the secrets as run would, changes nothing, and keeps what was found out. A file that is named without a configuration is judged by itself: nothing is required of it.</summary>
internal sealed class SecretCheck(CheckRequest request, IReadOnlyDictionary<string, string> caller, PassedDescriptors passed)
{
    // A file of the caller's own choice is judged as a person's, a configured one as the service would.
    private FileCare care = request.File is null ? FileCare.ForService : FileCare.ForPerson;

    /// <summary>What was read; null until it is known.</summary>
    public string? File { get; private set; }

    /// <summary>Null: no reading was begun.</summary>
    public SecretReport? Report { get; private set; }

    /// <exception cref="StartupException">As in run; the report holds what was found out before.</exception>
    public void Run()
    {
        if (request.Unit is not null || (request.File is null && request.Config is null && Account.IsRoot))
        {
            OfUnit(request.Unit ?? ExecPlanner.DefaultUnit);
            return;
        }

        using var key = passed.File(ReleasePreparer.AgeKey);
        var options = request.File is not null && request.Config is null ? null : OptionsReader.Read(request.Config, caller);
        Read(request.File ?? SecretRequests.FileOf(options!.Secrets, caller), options?.Secrets, caller, IdentitySources.LikeSops(caller, key, new KeyCommands()) with { Care = care });
    }

    private void OfUnit(string name)
    {
        ServiceUnit unit;
        using (var manager = ServiceManager.Connect())
        {
            unit = ServiceUnit.Read(manager, name, ReleasePreparer.AgeKey);
        }

        var account = unit.User.Length > 0 && Account.IsRoot ? Account.Find(unit.User, unit.Group, unit.SupplementaryGroups, unit.Name) : Account.OfCaller();
        var own = new Dictionary<string, string>(UnitEnvironment.Build(unit, account, _ => { }), StringComparer.Ordinal)
        {
            ["CREDENTIALS_DIRECTORY"] = UnitFiles.Credentials(unit),
        };
        using var key = UnitFiles.OpenKey(unit);
        var options = OptionsReader.Read(request.Config ?? UnitFiles.Configuration(unit, UnitFiles.WorkingDirectory(unit, account)), own);
        care = request.File is null ? FileCare.ForServiceOf(account.User, account.Groups) : FileCare.ForPerson;
        Read(request.File ?? UnitFiles.Secrets(unit, options.Secrets), options.Secrets, own, IdentitySources.ForService(own, key) with { Care = care });
    }

    private void Read(string? file, SecretsOptions? options, IReadOnlyDictionary<string, string> environment, IdentitySources identities)
    {
        File = file ?? throw new StartupException(ExitCode.Configuration, "no secrets file is configured: name one (secrets check FILE), or set secrets.file");
        var source = new SecretSource(Question(options, File), identities, options is null ? null : SecretRequests.External(options, environment, new KeyCommands()));
        try
        {
            _ = source.Read();
        }
        finally
        {
            Report = source.Report;
        }
    }

    private SecretRequest Question(SecretsOptions? options, string file)
    {
        var question = options is null ? SecretRequests.Alone(file, "auto") : SecretRequests.From(options, file);
        return SecretRequests.Override(question, request.Dialect, request.Unauthenticated) with { Care = care };
    }
}
