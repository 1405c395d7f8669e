namespace Prism.Supervisor.Processes;

/// <summary>The last lines of a child's output, and the one among them that tells why it failed. Pure.</summary>
internal sealed class OutputTail
{
    private const int Kept = 60;
    private readonly Queue<(string Text, bool IsError)> lines = new();

    public void Add(string line, bool isError)
    {
        if (lines.Count == Kept)
        {
            _ = lines.Dequeue();
        }

        lines.Enqueue((line, isError));
    }

    /// <summary>The last line that ends a Python traceback or names an exception, else the last one logged as an error, else the last line that says anything; null when nothing was said.</summary>
    public string? Cause()
    {
        string? cause = null;
        string? lastError = null;
        string? last = null;
        var inTraceback = false;
        foreach (var (line, isError) in lines.Where(line => !string.IsNullOrWhiteSpace(line.Text)))
        {
            if (line.StartsWith("Traceback (most recent call last)", StringComparison.Ordinal))
            {
                inTraceback = true;
            }
            else if (line[0] is not (' ' or '\t'))
            {
                // A traceback's frames are indented; the line that ends it names the exception.
                if (inTraceback || IsNamedError(line))
                {
                    cause = line;
                }

                inTraceback = false;
            }

            lastError = isError ? line : lastError;
            last = line;
        }

        return (cause ?? lastError ?? last)?.Trim();
    }

    /// <summary>"CommandError: …", "django.db.utils.OperationalError: …": what Django prints without a traceback.</summary>
    private static bool IsNamedError(string line)
    {
        var colon = line.IndexOf(": ", StringComparison.Ordinal);
        return colon > 0
            && (line.AsSpan(0, colon).EndsWith("Error", StringComparison.Ordinal) || line.AsSpan(0, colon).EndsWith("Exception", StringComparison.Ordinal))
            && !line.AsSpan(0, colon).Contains(' ');
    }
}
