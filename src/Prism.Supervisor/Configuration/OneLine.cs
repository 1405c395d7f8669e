namespace Prism.Supervisor.Configuration;

/// <summary>Makes a message one line of a length that can be read, whatever was thrown at us. Pure.</summary>
internal static class OneLine
{
    public const int MostFaults = 20;
    private const int LongestFault = 200;

    public static string Of(IReadOnlyCollection<string> faults) =>
        string.Join("; ", faults.Take(MostFaults).Select(fault => Of(Clip(fault))))
            + (faults.Count > MostFaults ? $"; and {faults.Count - MostFaults} more" : "");

    public static string Clip(string text) => text.Length > LongestFault ? text[..LongestFault] + "…" : text;

    public static string Of(string text) => string.Concat(text.Select(letter => char.IsControl(letter) ? ' ' : letter));

    /// <summary>With a capital letter.</summary>
    public static string Sentence(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}
