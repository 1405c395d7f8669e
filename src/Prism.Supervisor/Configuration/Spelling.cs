namespace Prism.Supervisor.Configuration;

/// <summary>How far two spellings are apart: insertions, deletions and replacements, letter case left aside (Levenshtein).</summary>
internal static class Spelling
{
    // A name longer than any of ours is no misspelling of one.
    private const int Longest = 100;

    public static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replaced = diagonal + (char.ToUpperInvariant(left[i - 1]) == char.ToUpperInvariant(right[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }

    /// <summary>A hint at the nearest of the candidates, when one is near enough to have been meant.</summary>
    public static string Hint(string name, IEnumerable<string> candidates)
    {
        if (name.Length > Longest)
        {
            return "";
        }

        var (distance, nearest) = candidates.Select(candidate => (Distance(name, candidate), candidate)).DefaultIfEmpty((int.MaxValue, "")).Min();
        return distance <= Math.Max(2, name.Length / 4) ? $" (did you mean {nearest}?)" : "";
    }
}
