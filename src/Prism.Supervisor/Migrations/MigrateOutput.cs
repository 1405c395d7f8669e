namespace Prism.Supervisor.Migrations;

/// <summary>Hears from what `migrate` writes which migration runs and which is done: "  Applying app.name..." without a line end, then " OK" (django/core/management/commands/migrate.py). Pure; any text will do.</summary>
internal sealed class MigrateOutput
{
    private const string Beginning = "  Applying ";
    private const string Dots = "...";
    private const int LongestName = 255;

    private static readonly string[] Endings = [" OK", " FAKED"];

    private string? running;

    /// <summary>What a piece of output tells; more than one thing when a line came at once.</summary>
    /// <param name="text">A line, or the beginning of one.</param>
    /// <param name="isWhole">Whether its end has been written.</param>
    public IReadOnlyList<MigrationEvent> Hear(string text, bool isWhole)
    {
        var events = new List<MigrationEvent>();
        var line = WithoutColours(text);
        if (Begun(line) is var (name, rest))
        {
            if (name != running)
            {
                // The word that the one before was done was lost in what that one wrote itself.
                Finish(events);
                running = name;
                events.Add(new MigrationEvent(name, IsDone: false));
            }

            line = rest;
        }

        if (isWhole && IsEnd(line))
        {
            Finish(events);
        }

        return events;
    }

    private void Finish(List<MigrationEvent> events)
    {
        if (running is { } name)
        {
            events.Add(new MigrationEvent(name, IsDone: true));
            running = null;
        }
    }

    private static (string Name, string Remainder)? Begun(string line)
    {
        if (!line.StartsWith(Beginning, StringComparison.Ordinal))
        {
            return null;
        }

        var end = line.IndexOf(Dots, Beginning.Length, StringComparison.Ordinal);
        var name = end < 0 ? "" : line[Beginning.Length..end];
        return MigrationName.IsName(name) && name.Length <= LongestName ? (name, line[(end + Dots.Length)..]) : null;
    }

    /// <summary>With a duration behind it from verbosity 2 on.</summary>
    private static bool IsEnd(string rest)
    {
        foreach (var ending in Endings)
        {
            if (rest == ending || (rest.StartsWith($"{ending} (", StringComparison.Ordinal) && rest.EndsWith("s)", StringComparison.Ordinal)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>"ESC [ … m": DJANGO_COLORS and FORCE_COLOR bring them into a pipe too.</summary>
    private static string WithoutColours(string text)
    {
        const string escape = "\u001b[";
        int start;
        while ((start = text.IndexOf(escape, StringComparison.Ordinal)) >= 0)
        {
            var end = text.IndexOf('m', start);
            text = end < 0 ? text[..start] : text.Remove(start, end - start + 1);
        }

        return text;
    }
}
