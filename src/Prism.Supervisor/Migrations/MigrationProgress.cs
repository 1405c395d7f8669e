using System.Globalization;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Migrations;

/// <summary>How far `migrate` is, told by what it writes: which migration runs, which of how many, for how long. Each that is done is a line of the journal, behind the one that migrate itself has for it.</summary>
internal sealed class MigrationProgress(string step, Redactor redactor, TimeProvider time, ILogger log)
{
    private readonly Lock gate = new();
    private readonly MigrateOutput output = new();
    private readonly List<string> applied = [];
    private HashSet<string>? pending;
    private readonly Queue<(string Name, int Number, double Seconds, long Line)> untold = [];
    private (string Name, long Since)? running;
    private long heard;
    private long relayed;

    /// <summary>Done so far, as app.name.</summary>
    public IReadOnlyList<string> Applied
    {
        get
        {
            lock (gate)
            {
                return [.. applied];
            }
        }
    }

    /// <summary>The one that has begun and is not done.</summary>
    public string? Running
    {
        get
        {
            lock (gate)
            {
                return running?.Name;
            }
        }
    }

    public bool HasBegun
    {
        get
        {
            lock (gate)
            {
                return applied.Count > 0 || running is not null;
            }
        }
    }

    /// <summary>Takes a piece of output; true when that was a step on.</summary>
    public bool Hear(string text, bool isWhole)
    {
        lock (gate)
        {
            heard += isWhole ? 1 : 0;
            var events = output.Hear(text, isWhole);
            foreach (var (raw, isDone) in events)
            {
                var name = redactor.Redact(raw);
                if (!isDone)
                {
                    running = (name, time.GetTimestamp());
                }
                else
                {
                    Finish();
                }
            }

            return events.Count > 0;
        }
    }

    /// <summary>One more of the lines that were heard is in the log.</summary>
    public void Relayed()
    {
        lock (gate)
        {
            relayed++;
            TellUpTo(relayed);
        }
    }

    /// <summary>No more lines will come.</summary>
    public void Flush()
    {
        lock (gate)
        {
            TellUpTo(long.MaxValue);
        }
    }

    /// <summary>What a list said is to be applied: right at whatever moment it was made, since what has been seen to run is counted with it. Yields both.</summary>
    public IReadOnlyList<string> Expect(IEnumerable<string> names)
    {
        lock (gate)
        {
            pending = [.. names];
            return All(pending);
        }
    }

    /// <summary>All that has begun is done, whatever was written of it.</summary>
    public void Succeeded()
    {
        lock (gate)
        {
            Finish();
            TellUpTo(long.MaxValue);
        }
    }

    /// <summary>`2/5 core.0007_index, 12 s`; null while none runs.</summary>
    public string? Text()
    {
        lock (gate)
        {
            return running is var (name, since)
                ? string.Create(CultureInfo.InvariantCulture, $"{Place(applied.Count + 1)} {name}, {time.GetElapsedTime(since).TotalSeconds:0} s")
                : null;
        }
    }

    private void Finish()
    {
        if (running is var (name, since))
        {
            applied.Add(name);
            running = null;
            untold.Enqueue((name, applied.Count, time.GetElapsedTime(since).TotalSeconds, heard));
            TellUpTo(relayed);
        }
    }

    private void TellUpTo(long line)
    {
        while (untold.TryPeek(out var done) && done.Line <= line)
        {
            _ = untold.Dequeue();
            log.Applied(done.Name, Place(done.Number), done.Seconds, step);
        }
    }

    /// <summary>`2/5`, or `2` while nobody knows of how many.</summary>
    private string Place(int number)
    {
        if (pending is null)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{number}");
        }

        return string.Create(CultureInfo.InvariantCulture, $"{number}/{All(pending).Count}");
    }

    private List<string> All(HashSet<string> expected) => [.. applied.Concat(running is var (name, _) ? [name] : []).Union(expected)];
}
