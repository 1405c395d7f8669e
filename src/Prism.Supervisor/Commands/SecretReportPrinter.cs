using System.Globalization;
using System.Text;
using System.Text.Json;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Commands;

/// <summary>The report of secrets check, for people and for programs. Pure; it has no values to print.</summary>
internal static class SecretReportPrinter
{
    public static string Text(SecretCheck check)
    {
        var report = check.Report!;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Quoted.Path(check.File!)}: {What(report)}\n");
        Section(text, "Keys tried", report.Identities.Select(one => $"{one.Recipient} of {one.Source}{(one.Exposed ? " (readable by every process of this user)" : "")}").Concat(report.IdentityFaults.Select(fault => $"none: {fault}")));
        Section(text, "Recipients", report.Recipients.Select(one => one.Name + Group(one, report) + (one.OpenedBy is { } by ? $": opened by {by}" : one.Fault is { } fault ? $": {fault}" : "")));
        Section(text, "Opened by", report.Recipients.Exists(one => one.OpenedBy is not null) || report.OpenedBy is null ? [] : [report.OpenedBy]);
        var width = report.Names.Select(one => one.Name.Length).DefaultIfEmpty(0).Max();
        Section(text, "Names", report.Names.Select(one => $"{one.Name.PadRight(width)}  {one.Protection}{Remark(one)}"));
        Section(text, "Missing", report.Missing);
        Section(text, "Read differently by systemd and by sops", report.Differences);
        Section(text, "Warnings", report.Warnings);
        return text.ToString();
    }

    public static string Json(SecretCheck check, StartupException? refusal)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("file", check.File);
            json.WriteBoolean("usable", refusal is null);
            json.WriteNumber("exitCode", (int)(refusal?.Code ?? ExitCode.Success));
            json.WriteString("refusal", refusal?.Message);
            if (check.Report is { } report)
            {
                Write(json, report);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static string What(SecretReport report) => report.Format switch
    {
        "sops" when report.SopsVersion is not null => $"sops dotenv file, written by sops {report.SopsVersion}, last modified {report.LastModified}",
        "sops" => "sops dotenv file",
        "env" => "environment file, not encrypted",
        _ => "not read",
    };

    private static string Remark(NameFinding one) => one switch
    {
        { Objection: { } objection } => $": {objection}",
        { Protection: "clear" or "empty" } => " (not authenticated, allowed)",
        { Protection: "typed" } => " (its type is not authenticated)",
        _ => "",
    };

    private static string Group(RecipientFinding recipient, SecretReport report) =>
        report.Recipients.Exists(one => one.Group > 1) ? string.Create(CultureInfo.InvariantCulture, $" (key group {recipient.Group})") : "";

    private static void Section(StringBuilder text, string title, IEnumerable<string> lines)
    {
        var all = lines.ToList();
        if (all.Count > 0)
        {
            text.Append(title).Append(":\n");
            all.ForEach(line => text.Append("  ").Append(line).Append('\n'));
        }
    }

    private static void Write(Utf8JsonWriter json, SecretReport report)
    {
        json.WriteString("format", report.Format);
        json.WriteString("sopsVersion", report.SopsVersion);
        json.WriteString("lastModified", report.LastModified);
        json.WriteString("openedBy", report.OpenedBy);
        Objects(json, "identities", report.Identities, one => [("source", one.Source), ("recipient", one.Recipient), ("exposed", one.Exposed)]);
        Strings(json, "identityFaults", report.IdentityFaults);
        Objects(json, "recipients", report.Recipients, one => [("recipient", one.Name), ("group", one.Group), ("openedBy", one.OpenedBy), ("fault", one.Fault)]);
        Objects(json, "names", report.Names, one => [("name", one.Name), ("protection", one.Protection), ("authenticated", one.Authenticated), ("objection", one.Objection)]);
        Strings(json, "missing", report.Missing);
        Strings(json, "unauthenticated", [.. report.Names.Where(one => one.Protection is "clear" or "empty").Select(one => one.Name)]);
        Strings(json, "differences", report.Differences);
        Strings(json, "warnings", report.Warnings);
        Strings(json, "faults", report.Faults);
    }

    private static void Strings(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    private static void Objects<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> items, Func<T, (string Name, object? Value)[]> members)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            foreach (var (member, value) in members(item))
            {
                switch (value)
                {
                    case bool flag:
                        json.WriteBoolean(member, flag);
                        break;
                    case int number:
                        json.WriteNumber(member, number);
                        break;
                    default:
                        json.WriteString(member, (string?)value);
                        break;
                }
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
