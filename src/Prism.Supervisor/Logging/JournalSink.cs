using System.Globalization;
using System.Text;
using Prism.Supervisor.Interop;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Display;

namespace Prism.Supervisor.Logging;

/// <summary>Writes each event as a native journal entry: priority, identifier and one PRISM_ field per property (systemd.journal-fields(7)). When the journal cannot be had, another sink takes the event.</summary>
internal sealed class JournalSink(ILogEventSink otherwise) : ILogEventSink
{
    /// <summary>The property that names the program a line came from: the supervisor or one of its children.</summary>
    public const string IdentifierProperty = "syslogIdentifier";

    private static readonly MessageTemplateTextFormatter Sentence = new("{Message:lj}", CultureInfo.InvariantCulture);

    private static readonly string[] NotFields = [IdentifierProperty, "SourceContext", "EventId", "Line", "Text", "Warning", "{OriginalFormat}"];

    public void Emit(LogEvent logEvent)
    {
        if (!Libsystemd.SendToJournal(Fields(logEvent)))
        {
            otherwise.Emit(logEvent);
        }
    }

    /// <summary>NAME=value strings for sd_journal_sendv(3).</summary>
    internal static List<string> Fields(LogEvent logEvent)
    {
        var fields = new List<string>
        {
            $"MESSAGE={Message(logEvent)}",
            string.Create(CultureInfo.InvariantCulture, $"PRIORITY={Priority(logEvent.Level)}"),
            $"SYSLOG_IDENTIFIER={Text(logEvent, IdentifierProperty)}",
        };
        foreach (var (name, value) in logEvent.Properties)
        {
            if (!NotFields.Contains(name) && value is not ScalarValue { Value: null })
            {
                fields.Add($"{FieldName(name)}={Text(value)}");
            }
        }

        if (logEvent.Exception is { } fault)
        {
            fields.Add($"PRISM_EXCEPTION_TYPE={fault.GetType().FullName}");
            fields.Add($"PRISM_EXCEPTION={fault}");
        }

        return fields;
    }

    /// <summary>syslog(3): error 3, warning 4, notice 5 is left to systemd, info 6, debug 7.</summary>
    private static int Priority(LogEventLevel level) => level switch
    {
        LogEventLevel.Fatal => 2,
        LogEventLevel.Error => 3,
        LogEventLevel.Warning => 4,
        LogEventLevel.Information => 6,
        LogEventLevel.Debug or LogEventLevel.Verbose => 7,
    };

    private static string FieldName(string property)
    {
        var name = new StringBuilder("PRISM");
        foreach (var letter in property.Where(char.IsAsciiLetterOrDigit))
        {
            if (char.IsAsciiLetterUpper(letter) || name.Length == 5)
            {
                _ = name.Append('_');
            }

            _ = name.Append(char.ToUpperInvariant(letter));
        }

        return name.ToString();
    }

    /// <summary>The message as a sentence: strings without the quotes that Serilog's own rendering puts around them.</summary>
    private static string Message(LogEvent logEvent)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        Sentence.Format(logEvent, text);
        return text.ToString();
    }

    private static string? Text(LogEvent logEvent, string property) =>
        logEvent.Properties.TryGetValue(property, out var value) ? Text(value) : null;

    private static string Text(LogEventPropertyValue value) =>
        value is ScalarValue { Value: string text } ? text : value.ToString(null, CultureInfo.InvariantCulture);
}
