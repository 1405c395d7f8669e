namespace Prism.Supervisor.Systemd;

/// <summary>What the manager says of the unit of a server that does not answer, in words (org.freedesktop.systemd1(5)): `postgresql.service is failed (exit-code)`. Never an error, and on a thread of its own.</summary>
internal static class UnitCondition
{
    private const string Active = "active";

    /// <summary>Of each answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // The worse, the further in front.
    private static readonly string[] Worst = ["failed", "activating", "deactivating", "reloading", "inactive"];

    private static readonly string[] Dependencies = ["Wants", "Requires"];

    /// <summary>Null where the manager cannot be asked, or knows no such unit.</summary>
    public static Task<string?> LookAsync(string unit) =>
        Task.Factory.StartNew(() => Look(unit), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static string? Look(string unit)
    {
        try
        {
            using var manager = ServiceManager.Connect(Patience);
            return Describe(manager, unit);
        }
        catch (StartupException)
        {
            return null;
        }
    }

    /// <summary>A unit that only stands for others, as Debian's postgresql.service does for postgresql@17-main.service and a target for all, is active or not whatever they are.</summary>
    private static string? Describe(ServiceManager manager, string unit)
    {
        if (State(manager, unit) is not { } state)
        {
            return null;
        }

        var isTarget = unit.EndsWith(".target", StringComparison.Ordinal);
        if (state.Active != Active && !isTarget)
        {
            return state.Words;
        }

        var stem = unit[..unit.LastIndexOf('.')];
        var parts = Dependencies
            .SelectMany(kind => manager.Texts(state.Path, ServiceManager.UnitFace, kind))
            .Where(name => name.StartsWith(stem, StringComparison.Ordinal) && name.EndsWith(".service", StringComparison.Ordinal))
            .Distinct()
            .Select(name => State(manager, name))
            .OfType<Condition>()
            .Where(part => part.Active != Active)
            .ToList();
        return Worst.Select(worst => parts.Find(part => part.Active == worst)).FirstOrDefault(part => part is not null)?.Words ?? state.Words;
    }

    private static Condition? State(ServiceManager manager, string unit)
    {
        var path = manager.UnitPath(unit);
        string Of(string name) => manager.Text(path, ServiceManager.UnitFace, name);
        if (Of("LoadState") != "loaded")
        {
            return null;
        }

        var active = Of("ActiveState");
        var result = active == "failed" && unit.EndsWith(".service", StringComparison.Ordinal) ? manager.Text(path, ServiceManager.ServiceFace, "Result") : "";
        return new Condition(path, active, $"{unit} is {active}{(result.Length > 0 ? $" ({result})" : "")}");
    }

    private sealed record Condition(string Path, string Active, string Words);
}
