using System.Collections;

namespace Prism.Supervisor.Secrets;

/// <summary>Names and their secrets, in the order of the file; of a name given twice the last value stands, in the first one's place. Prints only how many there are.</summary>
internal sealed class SecretEnvironment : IReadOnlyCollection<KeyValuePair<string, Secret>>
{
    private readonly OrderedDictionary<string, Secret> values = new(StringComparer.Ordinal);

    public SecretEnvironment(IEnumerable<KeyValuePair<string, Secret>> pairs)
    {
        foreach (var (name, secret) in pairs)
        {
            values[name] = secret;
        }
    }

    public int Count => values.Count;

    public bool TryGet(string name, out Secret? value) => values.TryGetValue(name, out value);

    public bool Contains(string name) => values.ContainsKey(name);

    public IEnumerator<KeyValuePair<string, Secret>> GetEnumerator() => values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => $"{Count} secrets";
}
