using Prism.Supervisor.Logging;
using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace Prism.Supervisor.Tests.Logging;

public sealed class QueuedSinkTests
{
    [Fact]
    public void What_is_logged_arrives_in_order()
    {
        using var log = new HeldUpSink();
        log.LetGo();

        using (var queue = new QueuedSink(log))
        {
            for (var i = 0; i < 100; i++)
            {
                queue.Emit(Event($"{i}"));
            }
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), log.Lines);
    }

    [Fact]
    public async Task A_log_that_stands_still_holds_nobody_up_and_what_was_lost_is_counted()
    {
        using var log = new HeldUpSink();
        using (var queue = new QueuedSink(log))
        {
            await Task.Run(() =>
            {
                for (var i = 0; i < 5000; i++)
                {
                    queue.Emit(Event("x"));
                }
            }, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            log.LetGo();
        }

        var lost = Assert.Single(log.Lines, line => line.EndsWith("lines were lost: the log did not take them", StringComparison.Ordinal));
        Assert.Equal(5000, log.Lines.Count - 1 + int.Parse(lost.Split(' ')[0], null));
    }

    private static LogEvent Event(string text) =>
        new(TimeProvider.System.GetUtcNow(), LogEventLevel.Information, null, new MessageTemplateParser().Parse(text), []);

    private sealed class HeldUpSink : ILogEventSink, IDisposable
    {
        private readonly ManualResetEventSlim gate = new();

        public List<string> Lines { get; } = [];

        public void LetGo() => gate.Set();

        public void Emit(LogEvent logEvent)
        {
            gate.Wait();
            Lines.Add(logEvent.RenderMessage(null));
        }

        public void Dispose() => gate.Dispose();
    }
}
