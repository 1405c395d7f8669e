using System.Text;

namespace Prism.Supervisor.Secrets;

/// <summary>What the site needs to find in its secrets; everything that is missing is told at once. And what no child could be given is refused here, before execve(2) does.</summary>
internal static class Demands
{
    // Of one string of an environment, NUL included: MAX_ARG_STRLEN in execve(2).
    private const int LongestString = 131072;

    public static void Check(SecretRequest request, SecretEnvironment values, string where)
    {
        if (values.Where(pair => Encoding.UTF8.GetByteCount(pair.Key) + Encoding.UTF8.GetByteCount(pair.Value.Reveal()) + 2 > LongestString).Select(pair => pair.Key).ToList() is { Count: > 0 } oversize)
        {
            throw Refusal.Because($"{where}: longer than the {LongestString} bytes that execve(2) takes: {Quoted.Names(oversize)}; put it into a file of its own, and its path here");
        }

        var faults = new List<string>();
        if (request.Required.Where(name => !IsSet(values, name)).ToList() is { Count: > 0 } missing)
        {
            faults.Add($"missing or empty: {Quoted.Names(missing)}");
        }

        foreach (var group in request.Together)
        {
            var absent = group.Where(name => !IsSet(values, name)).ToList();
            if (absent.Count > 0 && absent.Count < group.Count)
            {
                faults.Add($"{Quoted.Names(group.Except(absent, StringComparer.Ordinal))} without {Quoted.Names(absent)} (all of them or none)");
            }
        }

        if (faults.Count > 0)
        {
            throw Refusal.Because($"{where}: {string.Join("; ", faults)}; add what is missing with sops, or in an editor if the file is clear");
        }
    }

    private static bool IsSet(SecretEnvironment values, string name) => values.TryGet(name, out var secret) && secret!.Reveal().Length > 0;
}
