using System.Text;

namespace Prism.Supervisor.Secrets;

/// <summary>Splits a command into words as sops does (google/shlex): blanks, quotes, backslash and comments; no shell, so nothing is expanded.</summary>
internal static class CommandWords
{
    /// <exception cref="FormatException">A quote is not closed, or nothing follows the last backslash; the message quotes nothing.</exception>
    public static IReadOnlyList<string> Split(string command)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (inWord, quote) = (false, '\0');
        for (var i = 0; i < command.Length; i++)
        {
            var c = command[i];
            if (c == '\\' && quote != '\'')
            {
                i++;
                word.Append(i < command.Length ? command[i] : throw new FormatException("ends with a backslash"));
                inWord = true;
            }
            else if (quote != '\0')
            {
                quote = c == quote ? '\0' : quote;
                _ = quote != '\0' ? word.Append(c) : word;
            }
            else if (c is '"' or '\'')
            {
                (quote, inWord) = (c, true);
            }
            else if (c is ' ' or '\t' or '\r' or '\n')
            {
                Take();
            }
            else if (c == '#' && !inWord)
            {
                var end = command.IndexOf('\n', i);
                i = end < 0 ? command.Length : end;
            }
            else
            {
                word.Append(c);
                inWord = true;
            }
        }

        if (quote != '\0')
        {
            throw new FormatException($"has a {(quote == '"' ? "double" : "single")} quote that is not closed");
        }

        Take();
        return words;

        void Take()
        {
            if (inWord)
            {
                words.Add(word.ToString());
            }

            word.Clear();
            inWord = false;
        }
    }
}
