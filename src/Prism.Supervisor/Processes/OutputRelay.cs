using Microsoft.Extensions.Logging;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Processes;

/// <summary>Passes a child's output on to the log under the child's own name, without the secrets it may quote, and hears its cause of failure.</summary>
/// <param name="log">Where the lines go.</param>
/// <param name="redactor">What takes the secrets out of them.</param>
/// <param name="levelOf">The level a line carries, if it carries one.</param>
/// <param name="isNoCause">Exceptions that only pass an earlier one on.</param>
internal sealed class OutputRelay(ILogger log, Redactor redactor, Func<string, LogLevel?> levelOf, Func<string, bool> isNoCause)
{
    private readonly OutputCause cause = new(isNoCause);

    /// <summary>Completes when every holder of the child's output is gone.</summary>
    /// <param name="relayed">Told of each line that has been passed on, or was blank.</param>
    public async Task RelayAsync(ChildProcess child, int? generation, string? step, Action? relayed = null)
    {
        var level = LogLevel.Information;
        await foreach (var raw in child.Output.ReadAllAsync())
        {
            if (string.IsNullOrWhiteSpace(raw))
            {
                relayed?.Invoke();
                continue;
            }

            var line = Printable(redactor.Redact(raw));

            // A line without a level of its own goes with the one before: tracebacks.
            var ownLevel = levelOf(line);
            level = ownLevel ?? level;
            log.Said(level, line, child.Name, child.Pid, generation, step);
            relayed?.Invoke();
            lock (cause)
            {
                cause.Add(line, level >= LogLevel.Error, isPlain: ownLevel is null);
            }
        }
    }

    /// <summary>A child's escape sequences must not steer the terminal of who reads the log.</summary>
    private static string Printable(string line) =>
        line.Any(letter => char.IsControl(letter) && letter != '\t')
            ? string.Create(line.Length, line, (letters, from) =>
            {
                for (var i = 0; i < letters.Length; i++)
                {
                    letters[i] = char.IsControl(from[i]) && from[i] != '\t' ? '\uFFFD' : from[i];
                }
            })
            : line;

    /// <summary>The line that tells why the child failed, as far as its output was read; null when it said nothing.</summary>
    public string? Cause()
    {
        lock (cause)
        {
            return cause.Find();
        }
    }

    /// <summary>Only a line that names an exception, was logged as an error, or is the site's own.</summary>
    public string? NamedCause()
    {
        lock (cause)
        {
            return cause.FindNamed();
        }
    }
}
