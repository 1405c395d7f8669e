namespace Prism.Supervisor;

/// <summary>One line of progress of what several steps say that run side by side.</summary>
/// <param name="progress">Takes the joined line, one call at a time.</param>
internal sealed class StepBoard(Action<string> progress)
{
    private readonly Lock gate = new();
    private readonly List<string> lines = [];

    /// <summary>A place on the board, behind those taken before; what is said there stays until something else is, and an empty text leaves it.</summary>
    public Action<string> Line()
    {
        lock (gate)
        {
            var place = lines.Count;
            lines.Add("");
            return text => Say(place, text);
        }
    }

    private void Say(int place, string text)
    {
        lock (gate)
        {
            lines[place] = text;
            if (string.Join("; ", lines.Where(line => line.Length > 0)) is { Length: > 0 } whole)
            {
                progress(whole);
            }
        }
    }
}
