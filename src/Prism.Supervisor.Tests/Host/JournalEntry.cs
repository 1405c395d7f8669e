using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Prism.Supervisor.Tests.Host;

/// <summary>One line of the journal with the fields journald knows of it (systemd.journal-fields(7)).</summary>
public sealed record JournalEntry(JsonElement Fields)
{
    public string Message => this["MESSAGE"] ?? "";
    public string Identifier => this["SYSLOG_IDENTIFIER"] ?? "";
    public int Priority => Number("PRIORITY") ?? 6;
    public int? Pid => Number("_PID");

    /// <summary>When journald received it.</summary>
    public DateTimeOffset Time => DateTimeOffset.UnixEpoch.AddMicroseconds(double.Parse(this["__REALTIME_TIMESTAMP"]!, CultureInfo.InvariantCulture));

    public string? this[string field] => Fields.TryGetProperty(field, out var value) ? Text(value) : null;

    public static JournalEntry Parse(string json) => new(JsonElement.Parse(json));

    public override string ToString() => $"<{Priority}> {Identifier}[{Pid}]: {Message}";

    private int? Number(string field) => int.TryParse(this[field], CultureInfo.InvariantCulture, out var number) ? number : null;

    // journalctl(1): what is not printable text comes as an array of bytes, a field given twice as an array of texts.
    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.Array when value.GetArrayLength() > 0 && value[0].ValueKind == JsonValueKind.Number
            => Encoding.UTF8.GetString([.. value.EnumerateArray().Select(element => element.GetByte())]),
        JsonValueKind.Array => string.Join('\n', value.EnumerateArray().Select(Text)),
        _ => value.ToString(),
    };
}
