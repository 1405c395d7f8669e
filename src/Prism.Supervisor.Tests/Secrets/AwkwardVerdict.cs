using System.Text.RegularExpressions;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Secrets;

/// <summary>Our reading of every awkward file beside systemd's: what is equal, what is refused and why, and every fault.</summary>
internal sealed partial class AwkwardVerdict
{
    private readonly SortedDictionary<string, int> counts = new(StringComparer.Ordinal);
    private int variables;

    private AwkwardVerdict()
    {
    }

    public List<string> Faults { get; } = [];

    public string Summary { get; private set; } = "";

    /// <summary>Files in clear: what systemd takes, we take alike; what it refuses, we refuse.</summary>
    public static AwkwardVerdict OfPlain(SystemdOracle oracle)
    {
        var verdict = new AwkwardVerdict();
        using var folder = new SecretFolder();
        foreach (var file in AwkwardFiles.All)
        {
            var path = folder.Write("plain.env", file.Bytes);
            var (reading, refusal) = Try(() => SecretFolder.Read(path, format: SecretFormat.Env));
            switch (oracle[file])
            {
                case null when reading is not null:
                    verdict.Fault(file, $"systemd refuses it, we read {Printed(reading)}");
                    break;
                case null:
                    verdict.Count("refused by both");
                    break;
                case { } theirs when reading is not null:
                    verdict.Compare(file, theirs, Revealed(reading));
                    break;
                case { } theirs when OfCiphertext().IsMatch(refusal!):
                    // ENC[ in a clear file is a damaged sops file to us; what would be read is compared all the same.
                    verdict.Count("with ciphertext, refused by us alone");
                    verdict.Compare(file, theirs, EnvironmentFile.Parse(file.Text).Environment().Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Reveal())));
                    break;
                case { } theirs:
                    verdict.Fault(file, $"systemd gives {Printed(theirs)}, we refuse: {refusal}");
                    break;
            }
        }

        verdict.Summarize("in clear", AwkwardFiles.All.Count);
        return verdict;
    }

    /// <summary>The same through sops: encrypted, opened by us in systemd's dialect, beside what systemd gives for what sops decrypt prints.</summary>
    public static AwkwardVerdict OfSops(SystemdOracle oracle)
    {
        var verdict = new AwkwardVerdict();
        var (identity, recipient) = SopsWriter.NewKey();
        var identities = new IdentitySources(null, null, null, identity);
        var printed = AwkwardFiles.All.ToDictionary(file => Convert.ToHexString(file.Bytes), StringComparer.Ordinal);
        using var folder = new SecretFolder();
        var files = AwkwardFiles.All.Where(file => file.IsDotEnv).ToList();
        foreach (var file in files)
        {
            var lines = Lines(file).ToList();
            var raw = SystemdOracle.Printed(LastOf(lines.Where(line => line.Key != "#")));
            var path = folder.Write("sops.env", ByteText.Encode(SopsWriter.Write(recipient, lines)));
            var (reading, refusal) = Try(() => SecretFolder.Read(path, identities, SecretFormat.Sops));
            switch (oracle[printed[Convert.ToHexString(file.PrintedBySops)]])
            {
                case null when reading is not null:
                    verdict.Fault(file, $"systemd refuses it, we read {Printed(reading)}");
                    break;
                case null:
                    verdict.Count("refused by both");
                    break;
                case { } theirs when reading is not null:
                    verdict.Compare(file, theirs, Revealed(reading));
                    verdict.Warned(file, theirs, raw, reading);
                    break;
                case { } theirs when Unauthenticated().IsMatch(refusal!) && IsChangedByUnauthenticated(lines, theirs):
                    verdict.Count("changed by an unauthenticated line, refused by us alone");
                    break;
                case { } theirs:
                    verdict.Fault(file, $"systemd gives {Printed(theirs)}, we refuse: {refusal}");
                    break;
            }
        }

        verdict.Summarize("through sops", files.Count);
        return verdict;
    }

    private static IEnumerable<KeyValuePair<string, string>> Lines(AwkwardFile file) => file.Text
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line[0] == '#'
            ? KeyValuePair.Create("#", line[1..])
            : KeyValuePair.Create(line[..line.IndexOf('=', StringComparison.Ordinal)], line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..].Replace(@"\n", "\n", StringComparison.Ordinal)));

    private static Dictionary<string, string> LastOf(IEnumerable<KeyValuePair<string, string>> lines)
    {
        var last = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in lines)
        {
            last[name] = value;
        }

        return last;
    }

    /// <summary>Whether what systemd gives for the authenticated lines alone is not what it gives for all.</summary>
    private static bool IsChangedByUnauthenticated(List<KeyValuePair<string, string>> lines, IReadOnlyDictionary<string, string> all)
    {
        bool IsClear(KeyValuePair<string, string> line) => line.Key.EndsWith("_unencrypted", StringComparison.Ordinal);
        Dictionary<string, string> Without(Func<KeyValuePair<string, string>, bool> isLeftOut) => LastOf(EnvironmentFile
            .Parse(string.Concat(lines.Where(line => line.Key != "#" && line.Value.Length > 0 && !isLeftOut(line)).Select(line => $"{line.Key}={line.Value.Replace("\n", @"\n", StringComparison.Ordinal)}\n")))
            .Environment().Select(pair => KeyValuePair.Create(pair.Key, SystemdOracle.Printed(pair.Value.Reveal()))));
        var (encrypted, filled) = (Without(IsClear), Without(_ => false));
        return encrypted.Concat(filled).Any(pair => all.GetValueOrDefault(pair.Key) != pair.Value) || all.Any(pair => pair.Value != "[]" && filled.GetValueOrDefault(pair.Key) != pair.Value);
    }

    private static (SecretReading? Reading, string? Refusal) Try(Func<SecretReading> read)
    {
        try
        {
            return (read(), null);
        }
        catch (StartupException refusal)
        {
            return (null, refusal.Message);
        }
    }

    private static IReadOnlyList<KeyValuePair<string, string>> Revealed(SecretReading reading) => SecretFolder.Revealed(reading);

    private static string Printed(SecretReading reading) => Printed(SystemdOracle.Printed(Revealed(reading)));

    private static string Printed(IReadOnlyDictionary<string, string> values) => values.Count == 0 ? "nothing" : string.Join(' ', values.Select(pair => $"{pair.Key}={pair.Value}"));

    private void Compare(AwkwardFile file, IReadOnlyDictionary<string, string> theirs, IEnumerable<KeyValuePair<string, string>> ours)
    {
        var mine = SystemdOracle.Printed(LastOf(ours));
        variables += mine.Count;
        Count("read alike");
        if (theirs.Count != mine.Count || !theirs.All(pair => mine.TryGetValue(pair.Key, out var value) && value == pair.Value))
        {
            Fault(file, $"systemd gives {Printed(theirs)}, we read {Printed(mine)}");
        }
    }

    /// <summary>Every name that sops itself would hand on with another value, or without which it would, stands in a warning; no warning where there is none.</summary>
    private void Warned(AwkwardFile file, IReadOnlyDictionary<string, string> theirs, IReadOnlyDictionary<string, string> raw, SecretReading reading)
    {
        if (theirs.Count > 20 || raw.Keys.Any(name => name.EndsWith(" variables", StringComparison.Ordinal)))
        {
            return; // Told by their number.
        }

        var different = raw.Where(pair => EnvironmentFile.IsName(pair.Key) && theirs.GetValueOrDefault(pair.Key) != pair.Value).Select(pair => pair.Key)
            .Concat(theirs.Keys.Where(name => !raw.ContainsKey(name)))
            .ToHashSet(StringComparer.Ordinal);
        var warning = reading.Warnings.SingleOrDefault(line => line.Contains("differently by sops exec-env: ", StringComparison.Ordinal));
        var named = warning?[(warning.IndexOf("exec-env: ", StringComparison.Ordinal) + "exec-env: ".Length)..].Split(", ") ?? [];
        Count(different.Count > 0 ? "with a warning that names what differs" : "without a difference");
        if (!different.Select(name => name[0] == '(' ? name[..1] : name).ToHashSet(StringComparer.Ordinal).SetEquals(named.Select(name => name[0] == '(' ? name[..1] : name)))
        {
            Fault(file, $"differing: {string.Join(' ', different)}, warned of: {string.Join(' ', named)}");
        }
    }

    private void Count(string what) => counts[what] = counts.GetValueOrDefault(what) + 1;

    private void Fault(AwkwardFile file, string what) => Faults.Add($"{file.Number} {SystemdOracle.Printed(file.Text)}: {what}");

    private void Summarize(string how, int files) =>
        Summary = $"{files} files {how}, {variables} variables compared: {string.Join("; ", counts.Select(pair => $"{pair.Value} {pair.Key}"))}";

    [GeneratedRegex("is encrypted by sops, but the file has no sops_ lines|is a sops file")]
    private static partial Regex OfCiphertext();

    [GeneratedRegex("would be changed by a line that is not authenticated")]
    private static partial Regex Unauthenticated();
}
