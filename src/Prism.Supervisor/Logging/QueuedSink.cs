using System.Diagnostics;
using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace Prism.Supervisor.Logging;

/// <summary>
/// Stands between the program and a log that may stand still (a stopped journald, a full pipe). The supervisor's own lines
/// are always taken, and never wait. A child's line waits for room, as it would in a pipe, while the log takes what it is
/// given; once that has stood still for a moment such lines are dropped and counted. At the end it waits only a moment.
/// </summary>
internal sealed class QueuedSink : ILogEventSink, IDisposable
{
    private const int Capacity = 2048;
    private static readonly TimeSpan StandsStill = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(2);
    private static readonly MessageTemplate LostLines = new MessageTemplateParser().Parse("{Count} lines were lost: the log stood still");

    private readonly Lock gate = new();
#pragma warning disable CA2213 // The events stay: a writer that is still held up at the end would trip over them.
    private readonly AutoResetEvent added = new(initialState: false);
    private readonly AutoResetEvent taken = new(initialState: false);
#pragma warning restore CA2213
    private readonly Queue<LogEvent> queue = new();
    private readonly ILogEventSink sink;
    private readonly Thread writer;
    private long emittingSince; // a Stopwatch timestamp; 0 while the writer waits for a line
    private long lost;
    private bool isCompleted;

    public QueuedSink(ILogEventSink sink)
    {
        this.sink = sink;
        writer = new Thread(Write) { IsBackground = true, Name = "log" };
        writer.Start();
    }

    public void Emit(LogEvent logEvent)
    {
        while (!TryEnqueue(logEvent))
        {
            if (IsStandingStill)
            {
                _ = Interlocked.Increment(ref lost);
                return;
            }

            _ = taken.WaitOne(LookAgain);
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            isCompleted = true;
        }

        _ = added.Set();
        _ = writer.Join(LastPatience);
    }

    private bool IsStandingStill => Interlocked.Read(ref emittingSince) is not 0 and var since && Stopwatch.GetElapsedTime(since) > StandsStill;

    private static bool IsOurs(LogEvent logEvent) =>
        !logEvent.Properties.TryGetValue(JournalSink.IdentifierProperty, out var identifier) || identifier is ScalarValue { Value: LoggerSetup.Self };

    private bool TryEnqueue(LogEvent logEvent)
    {
        lock (gate)
        {
            if (queue.Count >= Capacity && !IsOurs(logEvent))
            {
                return false;
            }

            queue.Enqueue(logEvent);
        }

        _ = added.Set();
        return true;
    }

    private void Write()
    {
        while (Next() is { } logEvent)
        {
            _ = Interlocked.Exchange(ref emittingSince, Stopwatch.GetTimestamp());
            sink.Emit(logEvent);
            _ = Interlocked.Exchange(ref emittingSince, 0);
            _ = taken.Set();
            TellLost(logEvent.Timestamp);
        }
    }

    /// <summary>Waits for a line; null when none will come.</summary>
    private LogEvent? Next()
    {
        while (true)
        {
            lock (gate)
            {
                if (queue.TryDequeue(out var logEvent))
                {
                    return logEvent;
                }

                if (isCompleted)
                {
                    return null;
                }
            }

            _ = added.WaitOne();
        }
    }

    /// <summary>Once the log takes lines again and the queue has run empty: one line for all that was lost.</summary>
    private void TellLost(DateTimeOffset now)
    {
        lock (gate)
        {
            if (queue.Count > 0)
            {
                return;
            }
        }

        if (Interlocked.Exchange(ref lost, 0) is > 0 and var count)
        {
            LogEventProperty[] properties = [new("Count", new ScalarValue(count)), new(JournalSink.IdentifierProperty, new ScalarValue(LoggerSetup.Self))];
            sink.Emit(new LogEvent(now, LogEventLevel.Warning, exception: null, LostLines, properties));
        }
    }
}
