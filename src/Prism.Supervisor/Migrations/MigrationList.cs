using System.Globalization;

namespace Prism.Supervisor.Migrations;

/// <summary>The migrations of a release and which of them the database lacks, as `showmigrations` lists them (django/core/management/commands/showmigrations.py). Pure; what is no line of a list is passed over.</summary>
internal sealed class MigrationList
{
    private const string Squashed = " squashed migrations)";

    private readonly Dictionary<string, HashSet<string>> apps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> replaced = new(StringComparer.Ordinal);
    private readonly List<string> pending = [];

    private MigrationList()
    {
    }

    /// <summary>Those that `migrate` will apply, as app.name.</summary>
    public IReadOnlyList<string> Pending => pending;

    /// <summary>Null when there is no app in it: then it is no list.</summary>
    public static MigrationList? Read(IEnumerable<string> lines)
    {
        var list = new MigrationList();
        string? app = null;
        foreach (var line in lines)
        {
            if (MigrationName.IsPart(line))
            {
                app = line;
                _ = list.apps.TryAdd(app, new HashSet<string>(StringComparer.Ordinal));
            }
            else if (app is not null && line is [' ', '[', ('X' or ' ' or '-') and var mark, ']', ' ', .. var rest])
            {
                list.Add(app, mark, rest);
            }
        }

        return list.apps.Count > 0 ? list : null;
    }

    public bool HasApp(string app) => apps.ContainsKey(app);

    public bool Has(string app, string name) => apps.TryGetValue(app, out var names) && names.Contains(name);

    /// <summary>How many rows of an app may be those of migrations that a squashed one has replaced, and is not yet recorded for.</summary>
    public int Replaced(string app) => replaced.GetValueOrDefault(app);

    private void Add(string app, char mark, string rest)
    {
        var blank = rest.IndexOf(' ', StringComparison.Ordinal);
        var name = blank < 0 ? rest : rest[..blank];
        if (!MigrationName.IsPart(name) || !apps[app].Add(name))
        {
            return;
        }

        if (mark != 'X')
        {
            replaced[app] = Replaced(app) + CountOfSquashed(rest[name.Length..]);
        }

        // "[-]": all that it replaces is there, and `migrate` only writes that down.
        if (mark == ' ')
        {
            pending.Add($"{app}.{name}");
        }
    }

    /// <summary>" (2 squashed migrations)"; 0 when there is no such word.</summary>
    private static int CountOfSquashed(string remark)
    {
        var end = remark.IndexOf(Squashed, StringComparison.Ordinal);
        return end > 2 && remark.StartsWith(" (", StringComparison.Ordinal) && int.TryParse(remark.AsSpan(2, end - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? Math.Min(count, short.MaxValue)
            : 0;
    }
}
