using System.Threading.Channels;
using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace Prism.Supervisor.Logging;

/// <summary>Stands between the program and a log that may stand still (a stopped journald, a full pipe): never blocks who logs, drops and counts what does not fit, and waits only a moment at the end.</summary>
internal sealed class QueuedSink : ILogEventSink, IDisposable
{
    // A burst of a traceback from every worker fits; the longest lines of all make 32 MB.
    private const int Capacity = 2048;
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(2);
    private static readonly MessageTemplate LostLines = new MessageTemplateParser().Parse("{Count} lines were lost: the log did not take them");

    private readonly Channel<LogEvent> queue = Channel.CreateBounded<LogEvent>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly ILogEventSink sink;
    private readonly Thread writer;
    private long lost;

    public QueuedSink(ILogEventSink sink)
    {
        this.sink = sink;
        writer = new Thread(Write) { IsBackground = true, Name = "log" };
        writer.Start();
    }

    public void Emit(LogEvent logEvent)
    {
        if (!queue.Writer.TryWrite(logEvent))
        {
            _ = Interlocked.Increment(ref lost);
        }
    }

    public void Dispose()
    {
        _ = queue.Writer.TryComplete();
        _ = writer.Join(LastPatience);
    }

    private void Write()
    {
        while (queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (queue.Reader.TryRead(out var logEvent))
            {
                sink.Emit(logEvent);
                if (Interlocked.Exchange(ref lost, 0) is > 0 and var count)
                {
                    sink.Emit(new LogEvent(
                        logEvent.Timestamp,
                        LogEventLevel.Warning,
                        exception: null,
                        LostLines,
                        [new LogEventProperty("Count", new ScalarValue(count)), new LogEventProperty(JournalSink.IdentifierProperty, new ScalarValue(LoggerSetup.Self))]));
                }
            }
        }
    }
}
