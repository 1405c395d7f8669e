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
                queue.Emit(Event($"{i}", LoggerSetup.Self));
            }
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), log.Lines);
    }

    [Fact]
    public void A_child_that_talks_faster_than_the_log_listens_waits_and_nothing_is_lost()
    {
        using var log = new HeldUpSink { Work = 2000 };
        log.LetGo();

        using (var queue = new QueuedSink(log))
        {
            for (var i = 0; i < 20_000; i++)
            {
                queue.Emit(Event($"{i}", "prism-migrate"));
            }
        }

        Assert.Equal(Enumerable.Range(0, 20_000).Select(i => $"{i}"), log.Lines);
    }

    [Fact]
    public async Task A_log_that_stands_still_costs_childrens_lines_which_are_counted_and_none_of_ours()
    {
        using var log = new HeldUpSink();
        using (var queue = new QueuedSink(log))
        {
            await Task.Run(() =>
            {
                for (var i = 0; i < 5000; i++)
                {
                    queue.Emit(Event("x", "prism-gunicorn"));
                }

                queue.Emit(Event("ours", LoggerSetup.Self));
            }, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            log.LetGo();
        }

        var lost = Assert.Single(log.Lines, line => line.EndsWith("lines were lost: the log stood still", StringComparison.Ordinal));
        Assert.Contains("ours", log.Lines);
        Assert.Equal(5001, log.Lines.Count - 1 + int.Parse(lost.Split(' ')[0], null));
    }

    private static LogEvent Event(string text, string identifier) =>
        new(TimeProvider.System.GetUtcNow(), LogEventLevel.Information, null, new MessageTemplateParser().Parse(text), [new LogEventProperty(JournalSink.IdentifierProperty, new ScalarValue(identifier))]);

    private sealed class HeldUpSink : ILogEventSink, IDisposable
    {
        private readonly ManualResetEventSlim gate = new();

        public List<string> Lines { get; } = [];

        /// <summary>How much each line costs, in turns of a loop.</summary>
        public int Work { get; init; }

        public void LetGo() => gate.Set();

        public void Emit(LogEvent logEvent)
        {
            gate.Wait();
            Thread.SpinWait(Work);
            Lines.Add(logEvent.RenderMessage(null));
        }

        public void Dispose() => gate.Dispose();
    }
}
