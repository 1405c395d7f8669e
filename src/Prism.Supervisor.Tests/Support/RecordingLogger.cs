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
    public Task SaidAsync(string text) => SaidAsync(said => said == text);

    /// <summary>Completes when such a line has been logged.</summary>
    public async Task SaidAsync(Predicate<string> isIt)
    {
        while (true)
        {
            Task changed;
            lock (entries)
            {
                if (entries.Exists(entry => isIt(entry.Text)))
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
