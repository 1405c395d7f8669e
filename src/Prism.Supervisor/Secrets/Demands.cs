namespace Prism.Supervisor.Secrets;

/// <summary>What the site needs to find in its secrets; everything that is missing is told at once.</summary>
internal static class Demands
{
    public static void Check(SecretRequest request, SecretEnvironment values, string where)
    {
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
