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
            verdict.Judge(file, oracle[file], () => SecretFolder.Read(path, format: SecretFormat.Env), (theirs, refusal) =>
            {
                // ENC[ in a clear file is a damaged sops file to us; what would be read is compared all the same.
                if (!OfCiphertext().IsMatch(refusal))
                {
                    return null;
                }

                verdict.Compare(file, theirs, EnvironmentFile.Parse(file.Text).Environment().Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Reveal())));
                return "read alike, though its ciphertext in clear is refused here";
            });
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
            verdict.Judge(
                file,
                oracle[printed[Convert.ToHexString(file.PrintedBySops)]],
                () => SecretFolder.Read(path, identities, SecretFormat.Sops),
                (theirs, refusal) => Unauthenticated().IsMatch(refusal) && IsChangedByUnauthenticated(lines, theirs) ? "refused here alone, since an unauthenticated line changes others" : null,
                (theirs, reading) => verdict.Warned(file, theirs, raw, reading));
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

    private static IReadOnlyList<KeyValuePair<string, string>> Revealed(SecretReading reading) => SecretFolder.Revealed(reading);

    private static string Printed(SecretReading reading) => Printed(SystemdOracle.Printed(Revealed(reading)));

    private static string Printed(IReadOnlyDictionary<string, string> values) => values.Count == 0 ? "nothing" : string.Join(' ', values.Select(pair => $"{pair.Key}={pair.Value}"));

    /// <param name="theirs">Null: systemd refuses it.</param>
    /// <param name="meant">How to count a refusal that is ours alone; null for a fault.</param>
    /// <param name="more">What else is to hold of a file that both read.</param>
    private void Judge(
        AwkwardFile file,
        IReadOnlyDictionary<string, string>? theirs,
        Func<SecretReading> read,
        Func<IReadOnlyDictionary<string, string>, string, string?> meant,
        Action<IReadOnlyDictionary<string, string>, SecretReading>? more = null)
    {
        try
        {
            var reading = read();
            if (theirs is null)
            {
                Fault(file, $"systemd refuses it, we read {Printed(reading)}");
                return;
            }

            Compare(file, theirs, Revealed(reading));
            more?.Invoke(theirs, reading);
        }
        catch (StartupException refusal)
        {
            if ((theirs is null ? "refused by both" : meant(theirs, refusal.Message)) is { } counted)
            {
                Count(counted);
            }
            else
            {
                Fault(file, $"systemd gives {Printed(theirs!)}, we refuse: {refusal.Message}");
            }
        }
    }

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
        Count(different.Count > 0 ? "read alike, with a warning that names what sops reads differently" : "read alike, and by sops as well");
        if (!different.Select(name => name[0] == '(' ? name[..1] : name).ToHashSet(StringComparer.Ordinal).SetEquals(named.Select(name => name[0] == '(' ? name[..1] : name)))
        {
            Fault(file, $"differing: {string.Join(' ', different)}, warned of: {string.Join(' ', named)}");
        }
    }

    private void Count(string what) => counts[what] = counts.GetValueOrDefault(what) + 1;

    private void Fault(AwkwardFile file, string what) => Faults.Add($"{file.Number} {SystemdOracle.Printed(file.Text)}: {what}");

    private void Summarize(string how, int files) =>
        Summary = $"awkward files beside systemd: {files} {how}, {variables} variables compared: {string.Join("; ", counts.Select(pair => $"{pair.Value} {pair.Key}"))}; {Faults.Count} faults";

    [GeneratedRegex("is encrypted by sops, but the file has no sops_ lines|is a sops file")]
    private static partial Regex OfCiphertext();

    [GeneratedRegex("would be changed by a line that is not authenticated")]
    private static partial Regex Unauthenticated();
}
