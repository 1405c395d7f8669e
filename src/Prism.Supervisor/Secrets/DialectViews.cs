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

    /// <summary>A line for the names whose value depends on the reader, and one for those that systemd has no place for.</summary>
    public IEnumerable<string> Differences(SecretDialect dialect)
    {
        var (raw, parsed) = (View(SecretDialect.Sops, entries), View(SecretDialect.Systemd, entries));
        var (valid, invalid) = (raw.Where(p => EnvironmentFile.IsName(p.Key)), raw.Where(p => !EnvironmentFile.IsName(p.Key)).Select(p => p.Key).ToList());
        var different = Changed(valid, parsed).Concat(parsed.Where(p => !raw.Contains(p.Key)).Select(p => p.Key)).ToList();
        if (different.Count > 0)
        {
            yield return dialect switch
            {
                SecretDialect.Systemd => $"{where}: read here as systemd's EnvironmentFile= does, and differently by sops exec-env: {Quoted.Names(different)}",
                SecretDialect.Sops => $"{where}: read here as sops exec-env does, and differently by systemd's EnvironmentFile=: {Quoted.Names(different)}",
            };
        }

        if (invalid.Count > 0)
        {
            yield return dialect switch
            {
                SecretDialect.Systemd => $"{where}: no names for an environment, and so dropped or trimmed as systemd does: {Quoted.Names(invalid)}",
                SecretDialect.Sops => $"{where}: no names for an environment, systemd would drop or trim them: {Quoted.Names(invalid)}",
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
