using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Processes;

/// <summary>A complete environment for a child, built and never inherited: names and secrets until execve(2). Immutable; prints its count only.</summary>
internal sealed class ProcessEnvironment
{
    /// <summary>How many of the descriptors from 3 on are listening sockets (sd_listen_fds(3)); where it is set, the launcher sets <see cref="SocketOwner"/>.</summary>
    public const string SocketCount = "LISTEN_FDS";

    public const string SocketOwner = "LISTEN_PID";

    private readonly Dictionary<string, Secret> values;

    private ProcessEnvironment(Dictionary<string, Secret> values) => this.values = values;

    public static ProcessEnvironment Empty { get; } = new([]);

    public IReadOnlyCollection<string> Names => values.Keys;

    public string? this[string name] => values.TryGetValue(name, out var value) ? value.Reveal() : null;

    public ProcessEnvironment With(string name, string value) => With([new(name, new Secret(value))]);

    /// <summary>The same environment with these names set anew: the later value wins, as EnvironmentFile= wins over Environment= (systemd.exec(5)).</summary>
    public ProcessEnvironment With(IEnumerable<KeyValuePair<string, Secret>> added)
    {
        var joined = new Dictionary<string, Secret>(values, StringComparer.Ordinal);
        foreach (var (name, value) in added)
        {
            joined[name] = value;
        }

        return new ProcessEnvironment(joined);
    }

    public bool IsSameAs(ProcessEnvironment other) =>
        values.Count == other.values.Count && values.All(pair => other.values.TryGetValue(pair.Key, out var value) && value.Reveal() == pair.Value.Reveal());

    /// <summary>NAME=value strings for execve(2).</summary>
    public List<string> Reveal() => [.. values.Select(pair => $"{pair.Key}={pair.Value.Reveal()}")];

    public override string ToString() => $"{values.Count} variables";
}
