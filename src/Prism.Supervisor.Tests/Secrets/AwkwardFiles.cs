using System.Text;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Tests.Secrets;

/// <summary>An environment file that is hard to read, under its number in awkward.txt.</summary>
internal sealed record AwkwardFile(string Number, byte[] Bytes)
{
    /// <summary>Bytes that are not UTF-8 kept, as in the product.</summary>
    public string Text => ByteText.Decode(Bytes);

    /// <summary>Whether sops would take it as a dotenv file: every line is empty, a comment, or holds a =, and none is metadata. A NUL we never take.</summary>
    public bool IsDotEnv => !Bytes.Contains((byte)0) && Text.Split('\n').All(line => line.Length == 0 || line[0] == '#' || (line.Contains('=', StringComparison.Ordinal) && !line.StartsWith("sops_", StringComparison.Ordinal)));

    /// <summary>What sops decrypt prints of it, once it has been encrypted (stores/dotenv/store.go): the same lines without the empty ones.</summary>
    public byte[] PrintedBySops => ByteText.Encode(string.Concat(Text.Split('\n').Where(line => line.Length > 0).Select(line => line + '\n')));
}

/// <summary>
/// Every rule of EnvironmentFile= (systemd's src/basic/env-file.c), alone, beside its neighbours, and in mixtures drawn from a
/// fixed seed; at the end what sops decrypt prints of those that it takes. The same files in the same order everywhere.
/// </summary>
internal static class AwkwardFiles
{
    public static IReadOnlyList<AwkwardFile> All { get; } = Build();

    private static List<AwkwardFile> Build()
    {
        IEnumerable<string> texts = [.. AwkwardTexts.Values.SelectMany(InFrames), .. AwkwardTexts.Lines, .. ControlCharacters(), .. Lengths(), .. Mixtures()];
        var files = new List<AwkwardFile>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var bytes in texts.Select(Bytes))
        {
            Add(bytes);
        }

        foreach (var file in files.Where(file => file.IsDotEnv).ToList())
        {
            Add(file.PrintedBySops);
        }

        return files;

        void Add(byte[] bytes)
        {
            if (seen.Add(Convert.ToHexString(bytes)))
            {
                files.Add(new AwkwardFile($"{files.Count + 1:d4}", bytes));
            }
        }
    }

    /// <summary>A value as the last of its file, before another line, and in a file from Windows with blanks about.</summary>
    private static IEnumerable<string> InFrames(string value) => [$"A={value}", $"A={value}\nB=c\n", $" A = {value}\r\nB=c\r\n"];

    private static IEnumerable<string> ControlCharacters() =>
        Enumerable.Range(1, 0x1f).Append(0x7f).Select(c => (char)c).SelectMany(c => (string[])[$"A={c}b{c}c{c}\nD=e\n", $"{c}A{c}=b\nC=\"d{c}e\"\n"]);

    private static IEnumerable<string> Lengths()
    {
        // Of one string, NUL included: MAX_ARG_STRLEN in execve(2) is 131072.
        foreach (var length in (int[])[200, 4096, 65_536, 131_069, 131_070, 200_000])
        {
            yield return $"A={new string('x', length)}\nB=c\n";
        }

        yield return $"A=b{new string(' ', 100_000)}\nB=c\n";
        yield return $"A=b{new string(' ', 100_000)}c\nB=c\n";
        yield return $"# {new string('x', 100_000)}\\\nB=c\n";
        yield return $"A={string.Concat(Enumerable.Repeat("b \\\n", 2_000))}c\nB=c\n";
        yield return $"A={string.Concat(Enumerable.Repeat("'b' \"c\" ", 2_000))}\nB=c\n";
        yield return $"A={string.Concat(Enumerable.Repeat("🔑", 10_000))}\nB=c\n";
        yield return $"{new string('N', 300)}=b\nC=d\n";
        yield return $"{new string('N', 70_000)}=b\nC=d\n";
        yield return string.Concat(Enumerable.Range(0, 1_500).Select(i => $"A{i}='{i}\n'\n"));
        yield return string.Concat(Enumerable.Range(0, 3_000).Select(i => $"A={i}\n"));
        yield return string.Concat(Enumerable.Repeat("#\n\n", 10_000)) + "A=b";
    }

    private static IEnumerable<string> Mixtures()
    {
        string[] tokens =
        [
            "A", "B", "C", "=", "=", "=", " ", " ", "\t", "\n", "\n", "\n", "\r\n", "\r", "'", "'", "\"", "\"", "\\", "\\", "\\\n", "\\\r\n",
            "#", ";", "$", "`", "x", "y z", "é", "\u00a0", "\\n", "\\t", "export ", "ENC[", "\nD=", "\nE=\"", "\n#",
        ];
        string[] inValues = [.. tokens.Where(token => token.AsSpan().IndexOfAny('\n', '\r') < 0), "\\\n", "'\n", "\"\n"];
        var dice = new Dice(20_061_122);
        for (var i = 0; i < 250; i++)
        {
            yield return dice.Draw(tokens, dice.Next(40));
            yield return string.Concat(Enumerable.Range(0, 1 + dice.Next(4)).Select(_ => $"{"ABC"[dice.Next(3)]}={dice.Draw(inValues, dice.Next(9))}{(dice.Next(8) == 0 ? "\r\n" : "\n")}"));
        }
    }

    private static byte[] Bytes(string text)
    {
        var bytes = new List<byte>();
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is >= AwkwardTexts.RawByte and <= AwkwardTexts.RawByte + 0xff)
            {
                bytes.Add((byte)(rune.Value - AwkwardTexts.RawByte));
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(rune.ToString()));
            }
        }

        return [.. bytes];
    }

    /// <summary>Numbers that are the same with every .NET: xorshift64.</summary>
    private sealed class Dice(ulong state)
    {
        public int Next(int below)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            return (int)(state % (ulong)below);
        }

        public string Draw(string[] tokens, int count) => string.Concat(Enumerable.Range(0, count).Select(_ => tokens[Next(tokens.Length)]));
    }
}
