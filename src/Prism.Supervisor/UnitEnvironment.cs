using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor;

/// <summary>The environment that systemd would start a unit with, less what it sets for one process only; the later wins (src/core/exec-invoke.c: manager, directories and login, ExecSearchPath=, Environment=, EnvironmentFile=; then UnsetEnvironment=).</summary>
internal static class UnitEnvironment
{
    public static Dictionary<string, string> Build(ServiceUnit unit, Account account, Action<string> warn)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        Add(values, unit.ManagerEnvironment.Select(Split));
        Add(values, account.Login(unit.SetsLogin).Concat(unit.Directories));
        if (unit.SearchPath.Count > 0)
        {
            values["PATH"] = string.Join(':', unit.SearchPath);
        }

        Add(values, unit.Environment.Select(Split));
        foreach (var (path, mayBeMissing) in unit.EnvironmentFiles)
        {
            Add(values, ReadFile(unit.Name, path, mayBeMissing));
        }

        foreach (var entry in unit.UnsetEnvironment)
        {
            var (name, value) = Split(entry);
            if (!entry.Contains('=', StringComparison.Ordinal) || (values.TryGetValue(name, out var set) && set == value))
            {
                _ = values.Remove(name);
            }
        }

        if (unit.PassEnvironment.Count > 0)
        {
            warn($"{unit.Name}: PassEnvironment= is not followed here, since only systemd knows its own environment: {string.Join(", ", unit.PassEnvironment)}");
        }

        return values;
    }

    private static IEnumerable<KeyValuePair<string, string>> ReadFile(string unit, string path, bool mayBeMissing)
    {
        if (path.AsSpan().ContainsAny("*?["))
        {
            throw new StartupException(ExitCode.Configuration, $"{unit}: EnvironmentFile={path}: wildcards are not followed here; name each file in the unit");
        }

        if (mayBeMissing && !File.Exists(path))
        {
            return [];
        }

        var what = $"{path} (EnvironmentFile= of {unit})";
        var (bytes, _) = SmallFile.Read(path, what);
        return EnvironmentFile.Parse(SmallFile.Text(bytes, what)).Environment().Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Reveal()));
    }

    private static void Add(Dictionary<string, string> values, IEnumerable<KeyValuePair<string, string>> added)
    {
        foreach (var (name, value) in added)
        {
            values[name] = value;
        }
    }

    private static KeyValuePair<string, string> Split(string entry)
    {
        var at = entry.IndexOf('=', StringComparison.Ordinal);
        return at < 0 ? new(entry, "") : new(entry[..at], entry[(at + 1)..]);
    }
}
