namespace Prism.Supervisor.Migrations;

/// <summary>How Django names a migration: the label of its app, a dot, and the name of its file. Pure.</summary>
internal static class MigrationName
{
    public static bool IsName(string text) =>
        text.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && IsPart(text.AsSpan(0, dot)) && IsPart(text.AsSpan(dot + 1));

    public static bool IsPart(ReadOnlySpan<char> text)
    {
        foreach (var letter in text)
        {
            if (char.IsWhiteSpace(letter) || char.IsControl(letter) || char.IsSurrogate(letter))
            {
                return false;
            }
        }

        return text.Length > 0;
    }

    /// <summary>A few of them, and how many more.</summary>
    public static string Few(IReadOnlyCollection<string> names, int most = 5) =>
        string.Join(", ", names.Take(most)) + (names.Count > most ? $" and {names.Count - most} more" : "");
}
