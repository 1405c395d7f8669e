namespace Prism.Supervisor.Processes;

/// <summary>Listens to a child's output for the one line that tells why it failed. Pure.</summary>
/// <param name="isNoCause">Exceptions that only pass an earlier one on.</param>
internal sealed class OutputCause(Func<string, bool> isNoCause)
{
    // An exception of long ago is no reason for an end of now: counted in lines.
    private const int Forgotten = 400;

    // libpq tells of each address that it tried, and of each try with TLS and without, on a line of its own: any of them may be the one that matters.
    private const string Attempt = "connection to server ";
    private const string Outcome = " failed: ";
    private const int LongestAttempts = 1000;

    private (string Line, long Number)? exception;
    private (string Line, long Number)? error;
    private (string Line, long Number)? plain;
    private string? last;
    private long count;
    private bool inTraceback;
    private bool isConnecting;

    /// <param name="line">One line.</param>
    /// <param name="isError">Whether it was logged as an error, or belongs to what was.</param>
    /// <param name="isPlain">Whether it was written without any level: the site's own last words.</param>
    public void Add(string line, bool isError, bool isPlain)
    {
        count++;
        if (!line.Any(char.IsLetter))
        {
            // Blank, or a frame drawn around a group of exceptions.
            return;
        }

        if (line.StartsWith("Traceback (most recent call last)", StringComparison.Ordinal))
        {
            inTraceback = true;
        }
        else if (line[0] is not (' ' or '\t'))
        {
            var ends = inTraceback && IsException(line);
            if ((ends || IsNamedError(line)) && !isNoCause(line))
            {
                exception = (line, count);
                isConnecting = line.Contains(Attempt, StringComparison.Ordinal);
            }
            else if (isConnecting && line.StartsWith(Attempt, StringComparison.Ordinal))
            {
                exception = (WithAttempt(exception!.Value.Line, line), count);
            }
            else
            {
                isConnecting = false;
            }

            // Python writes its traceback in pieces, and other processes between them: a piece of a frame may stand at the margin.
            inTraceback = inTraceback && !ends;
        }

        var isIndented = line[0] is ' ' or '\t';
        error = isError && !isPlain && !isNoCause(line) ? (line, count) : error;
        plain = isPlain && !isIndented && !isNoCause(line) ? (line, count) : plain;
        last = line;
    }

    /// <summary>The last line that ended a Python traceback or named an exception, with the other attempts of a connection behind it, else the last one logged as an error, else the site's own last words, else the last line that said anything; null when nothing was said.</summary>
    public string? Find() => FindNamed() ?? last?.Trim();

    /// <summary>The same without the last resort.</summary>
    public string? FindNamed() => (Recent(exception) ?? Recent(error) ?? Recent(plain))?.Trim();

    /// <summary>Not again what an earlier one has failed with.</summary>
    private static string WithAttempt(string before, string line)
    {
        var at = line.IndexOf(Outcome, StringComparison.Ordinal);
        var isNew = at < 0 || !before.Contains(line[at..].TrimEnd(), StringComparison.Ordinal);
        return isNew && before.Length + line.Length <= LongestAttempts ? $"{before.TrimEnd()}; {line}" : before;
    }

    private string? Recent((string Line, long Number)? heard) => heard is var (line, number) && count - number < Forgotten ? line : null;

    /// <summary>A traceback's frames are indented; the line that ends it is the name of a class, with its module, and what it says (traceback.TracebackException.format_exception_only).</summary>
    private static bool IsException(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? line.AsSpan().TrimEnd() : line.AsSpan(0, colon);
        foreach (var letter in name)
        {
            if (!char.IsLetterOrDigit(letter) && letter is not ('_' or '.' or '<' or '>'))
            {
                return false;
            }
        }

        return name.Length > 0;
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
