using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Tests.Support;

/// <summary>Keeps what was logged.</summary>
internal sealed class RecordingLogger<T> : ILogger<T>
{
    private readonly List<(LogLevel Level, string Text)> entries = [];
    private TaskCompletionSource more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<(LogLevel Level, string Text)> Entries
    {
        get
        {
            lock (entries)
            {
                return [.. entries];
            }
        }
    }

    /// <summary>Completes when that line has been logged.</summary>
    public async Task SaidAsync(string text)
    {
        while (true)
        {
            Task changed;
            lock (entries)
            {
                if (entries.Exists(entry => entry.Text == text))
                {
                    return;
                }

                changed = more.Task;
            }

            await changed.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        TaskCompletionSource said;
        lock (entries)
        {
            entries.Add((logLevel, formatter(state, exception)));
            said = more;
            more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        said.SetResult();
    }
}
