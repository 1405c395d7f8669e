using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Tests.Support;

/// <summary>One log for all categories.</summary>
internal sealed class RecordingLogs : ILoggerFactory
{
    private readonly RecordingLogger<RecordingLogs> log = new();

    public string[] Warnings => [.. log.Entries.Where(entry => entry.Level == LogLevel.Warning).Select(entry => entry.Text)];

    public string[] All => [.. log.Entries.Select(entry => entry.Text)];

    public Task SaidAsync(string text) => log.SaidAsync(text);

    public ILogger CreateLogger(string categoryName) => log;

    public void AddProvider(ILoggerProvider provider) => throw new UnreachableException();

    public void Dispose()
    {
    }
}
