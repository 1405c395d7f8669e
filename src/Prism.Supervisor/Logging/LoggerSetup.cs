using System.Globalization;
using Prism.Supervisor.Interop;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Sinks.SystemConsole.Themes;

namespace Prism.Supervisor.Logging;

/// <summary>Where the log goes: to the journal when standard error is one (systemd.exec(5), $JOURNAL_STREAM), else to the console, coloured on a terminal only.</summary>
internal static class LoggerSetup
{
    private const int StandardError = 2;

    private const string Template = "{Timestamp:HH:mm:ss.fff} {Level:u3} {syslogIdentifier}: {Message:lj}{NewLine}{Exception}";

    // What journald cannot be told natively it gets as text, and adds the time itself.
    private const string FallbackTemplate = "{syslogIdentifier}: {Message:lj}{NewLine}{Exception}";

    public const string Self = "prism-supervisor";

    public static Logger Create(IReadOnlyDictionary<string, string> environment, bool isTerminal, LogEventLevel least)
    {
        var isJournal = IsJournal(environment);
        var console = new LoggerConfiguration().MinimumLevel.Verbose()
            .WriteTo.Console(
                outputTemplate: isJournal ? FallbackTemplate : Template,
                formatProvider: CultureInfo.InvariantCulture,
                standardErrorFromLevel: isJournal ? LogEventLevel.Verbose : null,
                theme: isTerminal ? AnsiConsoleTheme.Sixteen : ConsoleTheme.None)
            .CreateLogger();
        return new LoggerConfiguration()
            .MinimumLevel.Is(least)
            .Enrich.WithProperty(JournalSink.IdentifierProperty, Self)
            .WriteTo.Sink(new QueuedSink(isJournal ? new JournalSink(console) : console))
            .CreateLogger();
    }

    private static bool IsJournal(IReadOnlyDictionary<string, string> environment) =>
        environment.TryGetValue("JOURNAL_STREAM", out var stream)
            && Descriptors.Identity(StandardError) is var (device, inode)
            && stream == string.Create(CultureInfo.InvariantCulture, $"{device}:{inode}");
}
