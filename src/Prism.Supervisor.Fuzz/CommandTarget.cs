using Prism.Supervisor.Interop;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Fuzz;

/// <summary>Secrets/CommandWords: a refusal, or words that can be quoted so that they read back; nothing is made up, and nothing is lost but blanks, quotes, backslashes and comments.</summary>
internal static class CommandTarget
{
    private static readonly char[] Blanks = [' ', '\t', '\r', '\n'];

    public static void Run(byte[] input)
    {
        var text = ByteText.Decode(input);
        var words = Targets.Refusable<FormatException, IReadOnlyList<string>>(input, () => CommandWords.Split(text));
        var isPlain = text.IndexOfAny(['"', '\'', '\\', '#']) < 0;
        Finding.Unless(words is not null || !isPlain, "a command without a quote and a backslash is refused");
        if (words is null)
        {
            return;
        }

        Finding.Unless(!isPlain || words.SequenceEqual(text.Split(Blanks, StringSplitOptions.RemoveEmptyEntries)), "plain words are not what stands between blanks");
        Finding.Unless(words.All(word => IsWithin(word, text)), "a word that is not in the command");
        var quoted = string.Join(' ', words.Select(word => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
        Finding.Unless(CommandWords.Split(quoted).SequenceEqual(words), "words do not read back as they were quoted");
    }

    /// <summary>Whether its letters stand in the text in their order.</summary>
    private static bool IsWithin(string word, string text)
    {
        var at = 0;
        foreach (var c in word)
        {
            at = text.IndexOf(c, at) + 1;
            if (at == 0)
            {
                return false;
            }
        }

        return true;
    }
}
