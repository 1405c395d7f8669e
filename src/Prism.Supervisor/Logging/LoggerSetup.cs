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

    private const string Self = "prism-supervisor";

    public static Logger Create(IReadOnlyDictionary<string, string> environment, bool isTerminal, LogEventLevel least)
    {
        var console = Configure(least)
            .WriteTo.Console(outputTemplate: Template, formatProvider: CultureInfo.InvariantCulture, theme: isTerminal ? AnsiConsoleTheme.Sixteen : ConsoleTheme.None)
            .CreateLogger();
        return IsJournal(environment) ? Configure(least).WriteTo.Sink(new JournalSink(console)).CreateLogger() : console;
    }

    private static LoggerConfiguration Configure(LogEventLevel least) =>
        new LoggerConfiguration().MinimumLevel.Is(least).Enrich.WithProperty(JournalSink.IdentifierProperty, Self);

    private static bool IsJournal(IReadOnlyDictionary<string, string> environment) =>
        environment.TryGetValue("JOURNAL_STREAM", out var stream)
            && Descriptors.Identity(StandardError) is var (device, inode)
            && stream == string.Create(CultureInfo.InvariantCulture, $"{device}:{inode}");
}
