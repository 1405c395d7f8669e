using Prism.Supervisor.Secrets.Sops;

namespace Prism.Supervisor.Secrets;

/// <summary>The secret file and the keys to it: read anew for each generation, so that a changed file needs no restart.</summary>
internal sealed class SecretSource(SecretRequest request, IdentitySources identities, ExternalSops? external = null)
{
    /// <summary>What the last reading found out, however far it got.</summary>
    public SecretReport Report { get; private set; } = new();

    /// <exception cref="StartupException">The file or its keys may not be used; the message is one line without a value.</exception>
    public SecretReading Read()
    {
        Report = new SecretReport();
        var where = Quoted.Path(request.Path);
        var (bytes, status) = SmallFile.Read(request.Path, where);
        var text = SmallFile.Text(bytes, where);
        var policy = new PolicyCheck(request.Policy, Report);
        var isSops = IsSops(text);
        foreach (var doubt in FileChecks.Doubts(isSops ? FileContent.Encrypted : FileContent.Clear, status, request.Path, request.Care))
        {
            (doubt.IsGrave ? Report.Faults : Report.Warnings).Add(doubt.Text);
        }

        var (values, opened) = isSops ? ReadSops(text, policy, where) : ReadClear(text, policy, where);
        policy.Steering(values);
        Demands.Check(request, values, Report);
        return Report.Faults.Count == 0
            ? new SecretReading(values, opened, [.. Report.Warnings.Select(warning => $"{where}: {warning}")])
            : throw Refusal.Because($"{where}: {string.Join("; ", Report.Faults)}");
    }

    private bool IsSops(string text) => request.Format switch
    {
        SecretFormat.Auto => SopsFile.Recognizes(text),
        SecretFormat.Sops => true,
        SecretFormat.Env => false,
    };

    private (SecretEnvironment Values, string Opened) ReadSops(string text, PolicyCheck policy, string where)
    {
        Report.Format = "sops";
        var file = SopsFile.Parse(text, where);
        (Report.SopsVersion, Report.LastModified) = (file.Metadata.Version, file.Metadata.LastModified);
        using var keyring = Keyring.Gather(identities with { Wanted = [.. file.Metadata.Groups.Select(group => group.Select(recipient => recipient.Label).ToList())] });
        Report.Identities.AddRange(keyring.Findings());
        Report.IdentityFaults.AddRange(keyring.Faults.Concat(keyring.DefaultFaults));
        using var key = DataKey.TryFind(file.Metadata, keyring, where, Report.Recipients, out var obstacle);
        var entries = key is not null ? file.Decrypt(key.Bytes)
            : obstacle!.NeedsExternalSops && external is not null ? external.Decrypt(request.Path, text, identities, where)
            : throw obstacle.Refusal;
        Report.OpenedBy = key is null ? $"an external sops ({external!.Name})" : $"the age key of {string.Join(" and of ", key.Openers)}";

        Report.Names.AddRange(entries.Where(e => e.Name is not null).Select(e => new NameFinding(
            Quoted.Name(e.Name!), e.Kind.ToString().ToLowerInvariant(), e.Kind == EntryKind.Encrypted, policy.Objection(e.Name!, e.Kind))));
        var views = new DialectViews(entries, file.Metadata.MacOnlyEncrypted, where);
        Report.Differences.AddRange(views.Different.Select(Quoted.Name));
        Report.Warnings.AddRange(KeyWarnings.Of(keyring, key?.Openers));
        policy.Entries(entries, file.Metadata.MacOnlyEncrypted);
        if (entries.Where(e => e.Kind == EntryKind.Typed).Select(e => e.Name!).ToList() is { Count: > 0 } typed)
        {
            Report.Warnings.Add($"of a type that is not authenticated (converted from YAML or JSON): {Quoted.Names(typed)}");
        }

        Report.Warnings.AddRange(views.Differences(request.Dialect));
        return (views.Values(request.Dialect), $"sops {file.Metadata.Version} file of {file.Metadata.LastModified}, opened by {Report.OpenedBy}");
    }

    private (SecretEnvironment Values, string Opened) ReadClear(string text, PolicyCheck policy, string where)
    {
        Report.Format = "env";
        ClearFile.RefuseEncrypted(text, where);
        var values = ClearFile.Read(text, request.Dialect, Report, where);
        Report.Names.AddRange(values.Select(pair => new NameFinding(Quoted.Name(pair.Key), "plain", Authenticated: false, policy.Objection(pair.Key, null))));
        return (values, "environment file, not encrypted");
    }
}
