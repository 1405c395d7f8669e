using System.Text.RegularExpressions;

namespace Prism.Supervisor.Commands;

/// <summary>What is told of a reload, line by line: all of it on a terminal; into a file or a pipe those lines that say more than how many seconds have passed, and one that does not every ten seconds.</summary>
internal sealed partial class ProgressLines(TextWriter output, bool isTerminal, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private string? last;
    private long at;

    public void Write(string text)
    {
        var words = Seconds().Replace(text, "");
        if (isTerminal || words != last || time.GetElapsedTime(at) >= Pause)
        {
            (last, at) = (words, time.GetTimestamp());
            output.WriteLine(text);
        }
    }

    [GeneratedRegex(@"\b[0-9]+(\.[0-9]+)? s\b")]
    private static partial Regex Seconds();
}
