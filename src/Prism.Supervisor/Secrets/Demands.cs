using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Secrets;

/// <summary>What the site needs to find in its secrets; everything that is missing is told at once. And what no child could be given is found here, before execve(2) does.</summary>
internal static class Demands
{
    // Of one string of an environment, NUL included: MAX_ARG_STRLEN in execve(2).
    private const int LongestString = 131072;

    public static void Check(SecretRequest request, SecretEnvironment values, SecretReport report)
    {
        if (values.Where(pair => ByteText.Length(pair.Key) + ByteText.Length(pair.Value.Reveal()) + 2 > LongestString).Select(pair => pair.Key).ToList() is { Count: > 0 } oversize)
        {
            report.Faults.Add($"longer than the {LongestString} bytes that execve(2) takes: {Quoted.Names(oversize)}; put it into a file of its own, and its path here");
        }

        var missing = request.Required.Where(name => !IsSet(values, name)).Distinct(StringComparer.Ordinal).ToList();
        var halves = request.Together
            .Select(group => (Absent: group.Where(name => !IsSet(values, name)).ToList(), Group: group))
            .Where(half => half.Absent.Count > 0 && half.Absent.Count < half.Group.Count)
            .ToList();
        List<string> faults =
        [
            .. missing.Count > 0 ? [$"missing or empty: {Quoted.Names(missing)}"] : Array.Empty<string>(),
            .. halves.Select(half => $"{Quoted.Names(half.Group.Except(half.Absent, StringComparer.Ordinal))} without {Quoted.Names(half.Absent)} (all of them or none)"),
        ];
        report.Missing.AddRange(missing.Concat(halves.SelectMany(half => half.Absent)).Distinct(StringComparer.Ordinal).Select(Quoted.Name));
        if (faults.Count > 0)
        {
            report.Faults.Add($"{string.Join("; ", faults)}; add what is missing with sops, or in an editor if the file is clear");
        }
    }

    private static bool IsSet(SecretEnvironment values, string name) => values.TryGet(name, out var secret) && secret!.Reveal().Length > 0;
}
