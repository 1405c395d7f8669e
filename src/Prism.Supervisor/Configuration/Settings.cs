using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Prism.Supervisor.Configuration;

/// <summary>
/// Reads one setting after the other, from the JSON file or the environment variable that overrides it, and collects
/// the faults instead of stopping at the first. What was never asked for is a fault too: a misspelt name.
/// </summary>
internal sealed class Settings(JsonElement root, IReadOnlyDictionary<string, string> environment, List<string> faults)
{
    public const string Prefix = "PRISM_SUPERVISOR_";

    private readonly HashSet<string> known = new(StringComparer.Ordinal);
    private readonly HashSet<string> variables = new(StringComparer.Ordinal);

    /// <summary>Every setting that was asked for, as the path it has in the file.</summary>
    public IReadOnlyCollection<string> Known => known;

    /// <summary>Those of them that no variable overrides, since a variable holds no names with values and no lists of lists.</summary>
    public IEnumerable<string> FileOnly => known.Where(path => !variables.Contains(VariableOf(path)));

    /// <summary>The variable that overrides a setting: health.startPeriodSeconds is PRISM_SUPERVISOR_HEALTH_START_PERIOD_SECONDS.</summary>
    public static string VariableOf(string path)
    {
        var name = new StringBuilder(Prefix);
        foreach (var letter in path)
        {
            _ = letter switch
            {
                '.' => name.Append('_'),
                >= 'A' and <= 'Z' => name.Append('_').Append(letter),
                _ => name.Append(char.ToUpperInvariant(letter)),
            };
        }

        return name.ToString();
    }

    public string Text(string path, string fallback) => OptionalText(path) ?? fallback;

    public string? OptionalText(string path)
    {
        var text = Override(path) ?? Find(path) switch
        {
            { ValueKind: JsonValueKind.String } value => value.GetString(),
            null => null,
            { } other => Fault<string?>(path, "a string", other, null),
        };
        RefuseNul(path, text);
        return text;
    }

    public string AbsolutePath(string path, string fallback)
    {
        var text = Text(path, fallback);
        return System.IO.Path.IsPathRooted(text) ? text : Fault($"{path} must be an absolute path, not '{text}'", fallback);
    }

    public string Choice(string path, string fallback, params string[] choices)
    {
        var text = Text(path, fallback);
        return choices.Contains(text) ? text : Fault($"{path} must be one of {string.Join(", ", choices)}, not '{text}'", fallback);
    }

    public int Whole(string path, int fallback, int least, int most) => (int)Number(path, fallback, least, most, whole: true);

    /// <summary>A span in seconds; fractions are allowed.</summary>
    public TimeSpan Seconds(string path, double fallback, double least, double most) =>
        TimeSpan.FromSeconds(Number(path, fallback, least, most, whole: false));

    /// <summary>Or a word instead, for no limit at all: then Timeout.InfiniteTimeSpan.</summary>
    public TimeSpan SecondsOr(string word, string path, double fallback, double least, double most) =>
        (Override(path) ?? (Find(path) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null)) == word
            ? Timeout.InfiniteTimeSpan
            : Seconds(path, fallback, least, most);

    public IReadOnlyList<string> Texts(string path, params string[] fallback)
    {
        var texts = Override(path)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? Find(path) switch
        {
            { ValueKind: JsonValueKind.String } value => value.GetString()!.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            { ValueKind: JsonValueKind.Array } value when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
                [.. value.EnumerateArray().Select(item => item.GetString()!)],
            null => fallback,
            { } other => Fault(path, "a string, or a list of strings", other, fallback),
        };
        RefuseNul(path, texts);
        return texts;
    }

    public IReadOnlyList<IReadOnlyList<string>> Groups(string path, params IReadOnlyList<string>[] fallback)
    {
        return Find(path) switch
        {
            { ValueKind: JsonValueKind.Array } value when value.EnumerateArray().All(IsTexts) =>
                [.. value.EnumerateArray().Select(group => group.EnumerateArray().Select(item => item.GetString()!).ToList())],
            null => fallback,
            { } other => Fault(path, "a list of lists of strings", other, fallback),
        };
    }

    /// <summary>Names and values of the operator's own choosing; numbers and booleans are taken as they are written.</summary>
    public IReadOnlyDictionary<string, string> Map(string path)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        switch (Find(path))
        {
            case null:
                break;
            case { ValueKind: JsonValueKind.Object } value:
                foreach (var member in value.EnumerateObject())
                {
                    map[member.Name] = member.Value.ValueKind switch
                    {
                        JsonValueKind.String => member.Value.GetString()!,
                        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => member.Value.GetRawText(),
                        _ => Fault($"{path}.{member.Name}", "a string, a number or a boolean", member.Value, ""),
                    };
                    RefuseNul($"{path}.{member.Name}", map[member.Name]);
                }

                break;
            case { } other:
                _ = Fault(path, "an object", other, "");
                break;
        }

        return map;
    }

    /// <summary>To be called last: names the members and overriding variables that nobody asked for.</summary>
    public void ReportUnknown()
    {
        ReportUnknown(root, "");
        foreach (var name in environment.Keys.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && !variables.Contains(name)))
        {
            faults.Add(FileOnly.FirstOrDefault(path => VariableOf(path) == name) is { } setting
                ? $"{name} overrides nothing: {setting} can be set in the configuration file only"
                : $"{name} overrides no setting{Hint(name, variables)}");
        }
    }

    public T Fault<T>(string message, T fallback)
    {
        faults.Add(message);
        return fallback;
    }

    /// <summary>The system's strings end at a NUL: what follows would be lost in silence.</summary>
    private void RefuseNul(string path, params IEnumerable<string?> texts)
    {
        if (texts.Any(text => text?.Contains('\0', StringComparison.Ordinal) == true))
        {
            faults.Add($"{path} holds a NUL, which no path, argument or variable can carry");
        }
    }

    private static bool IsTexts(JsonElement group) =>
        group.ValueKind == JsonValueKind.Array && group.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String);

    private void ReportUnknown(JsonElement element, string path)
    {
        foreach (var member in element.EnumerateObject())
        {
            var name = path.Length == 0 ? member.Name : $"{path}.{member.Name}";
            if (known.Contains(name))
            {
                continue;
            }

            if (member.Value.ValueKind == JsonValueKind.Object && known.Any(one => one.StartsWith(name + ".", StringComparison.Ordinal)))
            {
                ReportUnknown(member.Value, name);
            }
            else if (known.Any(one => one.StartsWith(name + ".", StringComparison.Ordinal)))
            {
                _ = Fault(name, "an object", member.Value, "");
            }
            else
            {
                faults.Add($"{name} is no setting{Hint(name, known)}");
            }
        }
    }

    private double Number(string path, double fallback, double least, double most, bool whole)
    {
        double value;
        if (Override(path) is { } text)
        {
            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value))
            {
                return Fault($"{VariableOf(path)} must be a number, not '{text}'", fallback);
            }
        }
        else
        {
            switch (Find(path))
            {
                case null:
                    return fallback;
                case { ValueKind: JsonValueKind.Number } element when element.TryGetDouble(out value):
                    break;
                case { } other:
                    return Fault(path, "a number", other, fallback);
            }
        }

        return value >= least && value <= most && (!whole || double.IsInteger(value))
            ? value
            : Fault(string.Create(CultureInfo.InvariantCulture, $"{path} must be {(whole ? "a whole number" : "a number")} from {least} to {most}, not {value}"), fallback);
    }

    private string? Override(string path)
    {
        _ = known.Add(path);
        _ = variables.Add(VariableOf(path));
        return environment.TryGetValue(VariableOf(path), out var text) ? text : null;
    }

    private JsonElement? Find(string path)
    {
        _ = known.Add(path);
        var element = root;
        foreach (var name in path.Split('.'))
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return null;
            }
        }

        return element.ValueKind == JsonValueKind.Null ? null : element;
    }

    /// <summary>For those that will be shown; thousands take their time.</summary>
    private string Hint(string name, IEnumerable<string> candidates) =>
        faults.Count < OneLine.MostFaults ? Spelling.Hint(name, candidates) : "";

    private T Fault<T>(string path, string wanted, JsonElement found, T fallback) => Fault($"{path} must be {wanted}, not {JsonFaults.InWords(found.ValueKind)}", fallback);
}
