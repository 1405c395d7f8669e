using Prism.Supervisor.Secrets.Sops;

namespace Prism.Supervisor.Secrets;

/// <summary>The secret file and the keys to it: read anew for each generation, so that a changed file needs no restart.</summary>
internal sealed class SecretSource(SecretRequest request, IdentitySources identities)
{
    /// <exception cref="StartupException">The file or its keys may not be used; the message is one line without a value.</exception>
    public SecretReading Read()
    {
        var where = Quoted.Path(request.Path);
        var (bytes, readableByOthers) = SmallFile.Read(request.Path, where);
        var text = SmallFile.Text(bytes, where);
        var reading = IsSops(text) ? ReadSops(text, where) : ReadClear(text, where, readableByOthers);
        Demands.Check(request, reading.Values, where);
        return reading;
    }

    private bool IsSops(string text) => request.Format switch
    {
        SecretFormat.Auto => SopsFile.Recognizes(text),
        SecretFormat.Sops => true,
        SecretFormat.Env => false,
    };

    private SecretReading ReadSops(string text, string where)
    {
        var file = SopsFile.Parse(text, where);
        using var keyring = Keyring.Gather(identities);
        using var key = DataKey.Find(file.Metadata, keyring, where);
        var entries = file.Decrypt(key.Bytes);

        var views = new DialectViews(entries, file.Metadata.MacOnlyEncrypted, where);
        var warnings = SopsWarnings.Of(entries, file.Metadata, keyring, where);
        warnings.AddRange(views.Differences(request.Dialect));
        return new SecretReading(
            views.Values(request.Dialect),
            $"sops {file.Metadata.Version} file of {file.Metadata.LastModified}, opened by the age key of {string.Join(" and of ", key.Openers)}",
            warnings);
    }

    private static SecretReading ReadClear(string text, string where, bool readableByOthers)
    {
        ClearFile.RefuseEncrypted(text, where);
        var file = EnvironmentFile.Parse(text);
        var warnings = ClearFile.Warnings(file, where, readableByOthers);
        return new SecretReading(new SecretEnvironment(file.Environment()), "environment file, not encrypted", warnings);
    }
}
