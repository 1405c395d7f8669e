using Microsoft.Extensions.Logging;
using Prism.Supervisor.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace Prism.Supervisor.Tests.Logging;

/// <summary>The fields of the journal's entries, made the way the supervisor makes them.</summary>
public sealed class JournalSinkTests
{
    private readonly Collector collected = new();

    [Theory]
    [InlineData(LogLevel.Critical, 2)]
    [InlineData(LogLevel.Error, 3)]
    [InlineData(LogLevel.Warning, 4)]
    [InlineData(LogLevel.Information, 6)]
    [InlineData(LogLevel.Debug, 7)]
    [InlineData(LogLevel.Trace, 7)]
    public void Its_priority_is_that_of_syslog(LogLevel level, int priority) =>
        Assert.Contains($"PRIORITY={priority}", Fields(log => log.Log(level, "said")));

    [Fact]
    public void Its_message_is_the_sentence_and_its_values_are_fields()
    {
        var fields = Fields(log => log.LogInformation("Started {Program} (pid {ChildPid})", "prism-migrate", 42));

        Assert.Contains("MESSAGE=Started prism-migrate (pid 42)", fields);
        Assert.Contains("PRISM_PROGRAM=prism-migrate", fields);
        Assert.Contains("PRISM_CHILD_PID=42", fields);
    }

    [Fact]
    public void It_is_identified_as_the_supervisor_unless_a_child_spoke()
    {
        var ours = Fields(log => log.LogInformation("said"));
        var theirs = Fields(log => log.LogInformation("said by {syslogIdentifier}", "prism-gunicorn"));

        Assert.Contains("SYSLOG_IDENTIFIER=prism-supervisor", ours);
        Assert.Contains("SYSLOG_IDENTIFIER=prism-gunicorn", theirs);
        _ = Assert.Single(theirs, field => field.StartsWith("SYSLOG_IDENTIFIER=", StringComparison.Ordinal));
        Assert.DoesNotContain(theirs, field => field.StartsWith("PRISM_SYSLOG", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_not_known_is_no_field()
    {
        var fields = Fields(log => log.LogInformation("{Line} {Generation}", "text", null));

        Assert.DoesNotContain(fields, field => field.StartsWith("PRISM_GENERATION", StringComparison.Ordinal));
        Assert.DoesNotContain(fields, field => field.StartsWith("PRISM_LINE", StringComparison.Ordinal));
    }

    [Fact]
    public void An_exception_is_two_fields()
    {
        var fields = Fields(log => log.LogCritical(new InvalidOperationException("broken"), "A fault"));

        Assert.Contains("MESSAGE=A fault", fields);
        Assert.Contains("PRISM_EXCEPTION_TYPE=System.InvalidOperationException", fields);
        Assert.Contains(fields, field => field.StartsWith("PRISM_EXCEPTION=System.InvalidOperationException: broken", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_name_is_one_that_the_journal_takes() =>
        Assert.All(
            Fields(log => log.LogInformation("{lower} {Upper} {TwoWords} {ACRONYM} {Number2}", 1, 2, 3, 4, 5)),
            field => Assert.Matches("^[A-Z][A-Z0-9_]{0,63}=", field));

    private List<string> Fields(Action<Microsoft.Extensions.Logging.ILogger> say)
    {
        using var serilog = new LoggerConfiguration()
            .MinimumLevel.Verbose()
            .Enrich.WithProperty(JournalSink.IdentifierProperty, "prism-supervisor")
            .WriteTo.Sink(collected)
            .CreateLogger();
        using var provider = new SerilogLoggerProvider(serilog);
        say(provider.CreateLogger("Prism.Supervisor.Somewhere"));
        return JournalSink.Fields(collected.Last!);
    }

    private sealed class Collector : ILogEventSink
    {
        public LogEvent? Last { get; private set; }

        public void Emit(LogEvent logEvent) => Last = logEvent;
    }
}
