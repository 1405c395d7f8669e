using System.Text;

namespace Prism.Supervisor.Systemd;

/// <summary>Text fit for STATUS=: one line of UTF-8 without control characters, short enough for one datagram.</summary>
internal static class StatusLine
{
    private const int Longest = 1000;

    public static string From(string text)
    {
        var line = new StringBuilder(Math.Min(text.Length, Longest));
        foreach (var rune in text.EnumerateRunes())
        {
            if (line.Length >= Longest)
            {
                _ = line.Append('…');
                break;
            }

            _ = Rune.IsControl(rune) ? line.Append(' ') : line.Append(rune.ToString());
        }

        return line.ToString();
    }
}
