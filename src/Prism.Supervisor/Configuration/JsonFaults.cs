using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace Prism.Supervisor.Configuration;

/// <summary>Finds what a JSON parser lets through, with its line: bytes that are no UTF-8, text that is no Unicode, a member that is there twice. Pure.</summary>
internal static class JsonFaults
{
    private const string NoText = "is no Unicode text: look for a lone \\ud8.. escape";

    /// <exception cref="JsonException">It is no JSON at all.</exception>
    public static List<string> Find(ReadOnlySpan<byte> text)
    {
        if (Utf8.ToUtf16(text, new char[text.Length], out var at, out _, replaceInvalidSequences: false) != OperationStatus.Done)
        {
            return [$"line {LineOf(text, at)} is not UTF-8: save the file as UTF-8"];
        }

        var faults = new List<string>();
        var objects = new Stack<(string Path, HashSet<string> Names)>();
        var path = "";
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    objects.Push((OneLine.Clip(path), new HashSet<string>(StringComparer.Ordinal)));
                    break;
                case JsonTokenType.EndObject:
                    path = objects.Pop().Path;
                    break;
                case JsonTokenType.PropertyName:
                    var (parent, names) = objects.Peek();
                    var name = Text(ref reader);
                    path = parent.Length == 0 ? name ?? "a name" : $"{parent}.{name ?? "a name"}";
                    if (name is null || !names.Add(name))
                    {
                        faults.Add($"line {LineOf(text, reader.TokenStartIndex)}: {path} {(name is null ? NoText : "is there twice: keep one")}");
                    }

                    break;
                case JsonTokenType.String when Text(ref reader) is null:
                    faults.Add($"line {LineOf(text, reader.TokenStartIndex)}: {path} {NoText}");
                    break;
            }
        }

        return faults;
    }

    public static string InWords(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Null or JsonValueKind.Undefined => "nothing",
    };

    /// <summary>Null when escapes give half a surrogate pair.</summary>
    private static string? Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static int LineOf(ReadOnlySpan<byte> text, long offset) => 1 + text[..(int)offset].Count((byte)'\n');
}
