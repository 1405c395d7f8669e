using System.Text;
using Prism.Supervisor.Secrets.Sops;

namespace Prism.Supervisor.Secrets;

/// <summary>One decrypted file as its two readers see it: systemd, which parses what sops decrypt prints, and sops itself, which hands on the raw text.</summary>
internal sealed class DialectViews(IReadOnlyList<SopsEntry> entries, bool macOnlyEncrypted, string where)
{
    /// <summary>
    /// The values of a dialect. Comments, empty values and the names of clear ones are outside the MAC: a blank around a name, a CR
    /// or an open quote could let such a line change or add a variable. So what is authenticated must read the same without
    /// them, and they must not add a value of their own.
    /// </summary>
    public SecretEnvironment Values(SecretDialect dialect)
    {
        if (dialect == SecretDialect.Systemd && EnvironmentFile.Parse(Print(entries)).NotUtf8 is { Count: > 0 } foreign)
        {
            throw Refusal.Because($"{where}: not UTF-8, for which systemd's EnvironmentFile= refuses the whole file: {Quoted.Names(foreign)}; write the value as UTF-8, without noncharacters (base64, say), or set secrets.dialect to sops");
        }

        var values = View(dialect, entries);
        var encrypted = entries.Where(e => e.Kind is EntryKind.Encrypted or EntryKind.Typed);
        var filled = entries.Where(e => e.Kind is EntryKind.Encrypted or EntryKind.Typed or EntryKind.Clear);
        var changed = Changed(View(dialect, encrypted), values)
            .Concat(macOnlyEncrypted ? [] : Changed(View(dialect, filled), values))
            .Concat(Changed(values.Where(p => p.Value.Reveal().Length > 0), View(dialect, filled)));
        return changed.FirstOrDefault() is not { } name
            ? values
            : throw Refusal.Because($"{where}: {Quoted.Name(name)} would be changed by a line that is not authenticated (a comment, an empty or a clear value): "
                + "it stands there twice, a quote is not closed, a line ends in a backslash or holds a carriage return; mend it with sops");
    }

    /// <summary>The names whose value depends on the reader.</summary>
    public IReadOnlyList<string> Different
    {
        get
        {
            var (raw, parsed) = (View(SecretDialect.Sops, entries), View(SecretDialect.Systemd, entries));
            var valid = raw.Where(p => EnvironmentFile.IsName(p.Key));
            return [.. Changed(valid, parsed).Concat(parsed.Where(p => !raw.Contains(p.Key)).Select(p => p.Key)).Distinct(StringComparer.Ordinal)];
        }
    }

    /// <summary>A line for those, and one for the names that systemd has no place for.</summary>
    public IEnumerable<string> Differences(SecretDialect dialect)
    {
        if (Different is { Count: > 0 } different)
        {
            yield return dialect switch
            {
                SecretDialect.Systemd => $"read here as systemd's EnvironmentFile= does, and differently by sops exec-env: {Quoted.Names(different)}",
                SecretDialect.Sops => $"read here as sops exec-env does, and differently by systemd's EnvironmentFile=: {Quoted.Names(different)}",
            };
        }

        if (entries.Where(e => e.Name is not null && !EnvironmentFile.IsName(e.Name)).Select(e => e.Name!).ToList() is { Count: > 0 } invalid)
        {
            yield return dialect switch
            {
                SecretDialect.Systemd => $"no names for an environment, and so dropped or trimmed as systemd does: {Quoted.Names(invalid)}",
                SecretDialect.Sops => $"no names for an environment, systemd would drop or trim them: {Quoted.Names(invalid)}",
            };
        }
    }

    /// <summary>What sops decrypt prints (stores/dotenv: EmitPlainFile), save that a comment stays on its line.</summary>
    internal static string Print(IEnumerable<SopsEntry> entries)
    {
        var text = new StringBuilder();
        foreach (var entry in entries)
        {
            _ = entry.Name is { } name
                ? text.Append(name).Append('=').Append(DotEnv.Escape(entry.Text)).Append('\n')
                : text.Append('#').Append(DotEnv.Escape(entry.Text)).Append('\n');
        }

        return text.ToString();
    }

    private static SecretEnvironment View(SecretDialect dialect, IEnumerable<SopsEntry> entries) => new(dialect switch
    {
        SecretDialect.Sops => entries.Where(e => e.Name is not null).Select(e => KeyValuePair.Create(e.Name!, new Secret(e.Text))),
        SecretDialect.Systemd => EnvironmentFile.Parse(Print(entries)).Environment(),
    });

    private static IEnumerable<string> Changed(IEnumerable<KeyValuePair<string, Secret>> before, SecretEnvironment after) => before
        .Where(p => !after.TryGet(p.Key, out var other) || other!.Reveal() != p.Value.Reveal())
        .Select(p => p.Key);
}
