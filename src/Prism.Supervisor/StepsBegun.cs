using Prism.Supervisor.Migrations;

namespace Prism.Supervisor;

/// <summary>What the steps of a reload have begun to change, and what of it stays when the reload fails. Taken note of by steps side by side.</summary>
internal sealed class StepsBegun
{
    private const string Migrate = "migrate";

    // PostgreSQL takes the others back (Migration.atomic in Django's reference).
    private const string NothingWhole = "migrate applied nothing whole (only a migration with atomic = False keeps what it did)";

    private readonly Lock gate = new();
    private readonly List<string> steps = [];
    private MigrationOutcome? migrated;

    /// <summary>Whether the failure itself names the migrations.</summary>
    public bool IsNamed { get; set; }

    public void Add(string step)
    {
        lock (gate)
        {
            steps.Add(step);
        }
    }

    public bool Has(string step)
    {
        lock (gate)
        {
            return steps.Contains(step);
        }
    }

    /// <summary>What migrate has come to; null: not known.</summary>
    public void Migrated(MigrationOutcome? outcome)
    {
        lock (gate)
        {
            migrated = outcome;
        }
    }

    /// <summary>Also of a step that failed half-way: the migrations before the one that failed are done. Null: nothing had begun.</summary>
    public string? NotUndone()
    {
        lock (gate)
        {
            var isKnown = migrated is { IsCertain: true } && steps.Contains(Migrate);
            var others = steps.Where(step => !isKnown || step != Migrate).ToList();
            string[] changed =
            [
                .. isKnown && migrated!.Applied.Count > 0 ? (string[])[IsNamed ? "what migrate applied" : $"what migrate applied ({migrated.Names})"] : [],
                .. others.Count > 0 ? (string[])[$"whatever {string.Join(" and ", others)} changed"] : [],
            ];
            string[] parts =
            [
                .. changed.Length > 0 ? (string[])[$"not undone: {string.Join(", and ", changed)}"] : [],
                .. isKnown && migrated!.Applied.Count == 0 ? (string[])[migrated.Unfinished is null ? "migrate applied nothing" : NothingWhole] : [],
                .. isKnown && !IsNamed && migrated!.Unfinished is { } unfinished ? (string[])[$"{unfinished} was not finished"] : [],
            ];
            return parts.Length > 0 ? string.Join("; ", parts) : null;
        }
    }
}
