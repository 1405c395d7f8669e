using Prism.Supervisor.Processes;

namespace Prism.Supervisor.Releases;

/// <summary>All that a step's outcome depends on, save the database, as one number: it can be kept on disk, since of secrets only the names are in it. Pure.</summary>
internal static class StepFingerprint
{
    // Set anew for each launch (docs/configuration.md), or a mere name for whoever looks on.
    private static readonly string[] OfALaunch = [LaunchMark.Variable, "PRISM_GENERATION", "PGAPPNAME"];

    /// <param name="identity">Of the release, as <see cref="ReleaseIdentity"/> tells it.</param>
    /// <param name="folder">Where it runs.</param>
    /// <param name="secrets">The names in the environment whose values are nobody's business.</param>
    public static string Of(string identity, string step, IReadOnlyList<string> command, string folder, ProcessEnvironment environment, IReadOnlySet<string> secrets) => Digest.Of(
    [
        "step 1", identity, step, folder,
        "command", .. command,
        "environment", .. environment.Names
            .Where(name => !OfALaunch.Contains(name))
            .Order(StringComparer.Ordinal)
            .SelectMany(name => secrets.Contains(name) ? (string[])["secret", name] : ["setting", name, environment[name]!]),
    ]);
}
