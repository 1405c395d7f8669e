using System.Globalization;
using System.Text;
using Prism.Supervisor.Secrets.Sops;

namespace Prism.Supervisor.Secrets;

/// <summary>One decrypted file as its two readers see it: systemd, which parses what sops decrypt prints, and sops itself, which hands on the raw text.</summary>
internal sealed class DialectViews
{
    private readonly string where;
    private readonly SecretEnvironment raw;
    private readonly SecretEnvironment parsed;
    private readonly Assignment? runaway;

    public DialectViews(IReadOnlyList<SopsEntry> entries, string where)
    {
        this.where = where;
        raw = new SecretEnvironment(entries.Where(e => e.Name is not null).Select(e => KeyValuePair.Create(e.Name!, new Secret(e.Text))));
        var assignments = EnvironmentFile.Parse(Print(entries, withComments: true)).Assignments;
        var bare = EnvironmentFile.Parse(Print(entries, withComments: false)).Assignments;
        runaway = assignments.Where((a, i) => i >= bare.Count || a.Value != bare[i].Value || a.Name != bare[i].Name).FirstOrDefault();
        parsed = new SecretEnvironment(assignments.Where(a => EnvironmentFile.IsName(a.Name)).Select(a => KeyValuePair.Create(a.Name, new Secret(a.Value))));
    }

    /// <summary>The values of a dialect. Comments are not authenticated: where one would become part of a value, anybody could write that value.</summary>
    public SecretEnvironment Values(SecretDialect dialect) => dialect switch
    {
        SecretDialect.Sops => raw,
        SecretDialect.Systemd when runaway is not null => throw Refusal.Because(string.Create(
            CultureInfo.InvariantCulture,
            $"{where}: {Quoted.Name(runaway.Name)} runs on into a comment below it: a quote is not closed, or the line ends in a backslash; mend the value with sops")),
        SecretDialect.Systemd => parsed,
    };

    /// <summary>A line for the names whose value depends on the reader, and one for those that systemd has no place for.</summary>
    public IEnumerable<string> Differences(SecretDialect dialect)
    {
        var (valid, invalid) = (raw.Where(p => EnvironmentFile.IsName(p.Key)).ToList(), raw.Where(p => !EnvironmentFile.IsName(p.Key)).ToList());
        var different = valid.Where(p => !parsed.TryGet(p.Key, out var other) || other!.Reveal() != p.Value.Reveal()).Select(p => p.Key)
            .Concat(parsed.Where(p => !raw.Contains(p.Key)).Select(p => p.Key))
            .ToList();
        if (different.Count > 0)
        {
            yield return $"{where}: systemd's EnvironmentFile= and sops exec-env read these differently, here {Reader(dialect)} is followed: {Quoted.Names(different)}";
        }

        if (invalid.Count > 0)
        {
            yield return dialect switch
            {
                SecretDialect.Systemd => $"{where}: no names for an environment, and so dropped or trimmed as systemd does: {Quoted.Names(invalid.Select(p => p.Key))}",
                SecretDialect.Sops => $"{where}: no names for an environment, systemd would drop or trim them: {Quoted.Names(invalid.Select(p => p.Key))}",
            };
        }
    }

    private static string Reader(SecretDialect dialect) => dialect switch
    {
        SecretDialect.Systemd => "systemd",
        SecretDialect.Sops => "sops",
    };

    /// <summary>What sops decrypt prints (stores/dotenv: EmitPlainFile).</summary>
    internal static string Print(IReadOnlyList<SopsEntry> entries, bool withComments)
    {
        var text = new StringBuilder();
        foreach (var entry in entries)
        {
            _ = entry.Name is { } name ? text.Append(name).Append('=').Append(DotEnv.Escape(entry.Text)).Append('\n')
                : withComments ? text.Append('#').Append(entry.Text).Append('\n')
                : text;
        }

        return text.ToString();
    }
}
