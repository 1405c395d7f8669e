using System.Text;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Secrets;

/// <summary>An assignment of an environment file. Prints its name only.</summary>
internal sealed class Assignment(int line, string name, string value)
{
    /// <summary>Where its name stands.</summary>
    public int Line => line;

    public string Name => name;

    public string Value => value;

    public override string ToString() => Quoted.Name(name);
}

/// <summary>The grammar of systemd's EnvironmentFile= (src/basic/env-file.c, v254 and later), quotes, escapes and oddities included. Pure.</summary>
internal sealed class EnvironmentFile
{
    private readonly string text;
    private int at;
    private int counted;
    private int line = 1;

    private EnvironmentFile(string text)
    {
        this.text = text;
        while (at < text.Length)
        {
            if (IsBlank(text[at]))
            {
                at++;
            }
            else if (text[at] is '#' or ';')
            {
                SkipLine();
            }
            else
            {
                ReadAssignment();
            }
        }
    }

    /// <summary>Every assignment in order, also those whose name systemd would then drop.</summary>
    public List<Assignment> Assignments { get; } = [];

    /// <summary>Lines without =, which systemd passes over in silence.</summary>
    public List<int> IgnoredLines { get; } = [];

    /// <summary>The names of assignments that hold what systemd does not take for UTF-8; for one of them it refuses the whole file (check_utf8ness_and_warn), for what stands in a comment it does not.</summary>
    public IReadOnlyList<string> NotUtf8 => [.. Assignments.Where(a => !IsUtf8(a.Name) || !IsUtf8(a.Value)).Select(a => a.Name)];

    public static EnvironmentFile Parse(string text) => new(text);

    /// <summary>What of it systemd puts into an environment.</summary>
    public IEnumerable<KeyValuePair<string, Secret>> Environment() =>
        Assignments.Where(a => IsName(a.Name)).Select(a => KeyValuePair.Create(a.Name, new Secret(a.Value)));

    /// <summary>The names systemd lets into an environment (src/basic/env-util.c); it drops all others.</summary>
    public static bool IsName(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    /// <summary>To systemd (src/basic/utf8.c, unichar_is_valid) the noncharacters are none either: U+FDD0 to U+FDEF, and the last two code points of every plane.</summary>
    private static bool IsUtf8(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is >= 0xfdd0 and <= 0xfdef || (rune.Value & 0xfffe) == 0xfffe)
            {
                return false;
            }
        }

        return ByteText.IsUtf8(text);
    }

    private static bool IsBlank(char c) => c is ' ' or '\t' or '\n' or '\r';

    private static bool IsNewline(char c) => c is '\n' or '\r';

    private void CountLines()
    {
        line += text.AsSpan(counted, at - counted).Count('\n');
        counted = at;
    }

    private void SkipLine()
    {
        while (at < text.Length && !IsNewline(text[at]))
        {
            at++;
        }
    }

    private void ReadAssignment()
    {
        CountLines();
        var start = at++; // The first character belongs to the name whatever it is, even a '='.
        while (at < text.Length && text[at] != '=' && !IsNewline(text[at]))
        {
            at++;
        }

        if (at == text.Length || IsNewline(text[at]))
        {
            IgnoredLines.Add(line);
            return;
        }

        var name = text[start..at].TrimEnd(' ', '\t');
        at++;
        Assignments.Add(new Assignment(line, name, ReadValue()));
    }

    /// <summary>Quoted pieces, blanks between them left out, until bare text begins; bare text runs to the end of the line.</summary>
    private string ReadValue()
    {
        var value = new StringBuilder();
        while (at < text.Length && !IsNewline(text[at]))
        {
            switch (text[at])
            {
                case '\'':
                    ReadSingleQuoted(value);
                    break;
                case '"':
                    ReadDoubleQuoted(value);
                    break;
                case ' ' or '\t':
                    at++;
                    break;
                default:
                    ReadBare(value);
                    return value.ToString();
            }
        }

        return value.ToString();
    }

    private void ReadSingleQuoted(StringBuilder value)
    {
        for (at++; at < text.Length && text[at] != '\''; at++)
        {
            value.Append(text[at]);
        }

        at++;
    }

    private void ReadDoubleQuoted(StringBuilder value)
    {
        for (at++; at < text.Length && text[at] != '"'; at++)
        {
            if (text[at] != '\\')
            {
                value.Append(text[at]);
            }
            else if (++at < text.Length && text[at] != '\n')
            {
                // As in a shell, the backslash stays before what needs no escape; before a newline both go.
                _ = text[at] is '"' or '\\' or '$' or '`' ? value.Append(text[at]) : value.Append('\\').Append(text[at]);
            }
        }

        at++;
    }

    private void ReadBare(StringBuilder value)
    {
        var kept = value.Length; // What is before this is no trailing blank.
        for (; at < text.Length && !IsNewline(text[at]); at++)
        {
            if (text[at] == '\\')
            {
                if (++at < text.Length && !IsNewline(text[at]))
                {
                    value.Append(text[at]);
                }

                kept = value.Length;
            }
            else
            {
                value.Append(text[at]);
                kept = text[at] is ' ' or '\t' ? kept : value.Length;
            }
        }

        value.Length = kept;
    }
}
