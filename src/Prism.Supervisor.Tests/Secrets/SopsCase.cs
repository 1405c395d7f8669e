using System.Text;
using System.Text.Json;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Tests.Secrets;

/// <summary>A case of the fixtures: a file made with the real sops, the key it was tried with, and what sops made of it.</summary>
public sealed class SopsCase
{
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "Fixtures", "sops");

    private static readonly Dictionary<string, SopsCase> All = Load();

    private readonly JsonElement json;

    private SopsCase(JsonElement json) => this.json = json;

    public string Name => json.GetProperty("name").GetString()!;

    public string Group => json.GetProperty("group").GetString()!;

    public string FilePath => Path.Combine(Root, json.GetProperty("encrypted").GetString()!);

    /// <summary>With its byte order mark, if it has one.</summary>
    public string Text => Encoding.UTF8.GetString(File.ReadAllBytes(FilePath));

    public string Stdout => Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(Root, json.GetProperty("sops_stdout").GetString()!)));

    public bool Opens => json.GetProperty("sops_exit").GetInt32() == 0;

    public string IdentityKind => json.TryGetProperty("identity", out var identity) ? identity.GetProperty("kind").GetString()! : "none";

    public string IdentityValue => json.GetProperty("identity").GetProperty("value").GetString()!;

    /// <summary>Whether this program has a place for the key: ssh keys, commands and home directories are none of its four.</summary>
    public bool HasPlaceForKey => IdentityKind is "file" or "env";

    public IReadOnlyList<KeyValuePair<string, string>> ExpectedPairs =>
        [.. json.GetProperty("expected_pairs").EnumerateArray().Select(p => KeyValuePair.Create(p[0].GetString()!, p[1].GetString()!))];

    public IReadOnlyList<KeyValuePair<string, string>> ExpectedMap =>
        [.. json.GetProperty("expected_map").EnumerateObject().Select(p => KeyValuePair.Create(p.Name, p.Value.GetString()!))];

    public static string Key(string name) => Path.Combine(Root, "keys", name);

    public static SopsCase Named(string name) => All[name];

    public static IEnumerable<SopsCase> Where(Func<SopsCase, bool> wanted) => All.Values.Where(wanted);

    public static TheoryData<string> Names(Func<SopsCase, bool> wanted) => [.. Where(wanted).Select(c => c.Name)];

    public override string ToString() => Name;

    internal SecretReading Read(SecretDialect dialect = SecretDialect.Sops, SecretFormat format = SecretFormat.Sops) => Read(FilePath, dialect, format);

    internal SecretReading Read(string path, SecretDialect dialect = SecretDialect.Sops, SecretFormat format = SecretFormat.Sops) =>
        new SecretSource(new SecretRequest(path, format, dialect, [], [], SecretPolicy.AllowAll), Identities()).Read();

    internal IdentitySources Identities() => IdentityKind switch
    {
        "file" when File.Exists(Path.Combine(Root, IdentityValue)) => new IdentitySources(null, null, Path.Combine(Root, IdentityValue), OtherKeyText()),
        "file" => new IdentitySources(null, null, null, HoldersKeys()),
        "env" => new IdentitySources(null, null, null, IdentityValue),
        _ => new IdentitySources(null, null, null, null),
    };

    /// <summary>The two Shamir cases name key files that are not there: the keys of two of the three groups, and of one.</summary>
    private string HoldersKeys()
    {
        string[] holders = Opens ? ["alice.txt", "bob.txt"] : ["alice.txt"];
        return string.Concat(holders.Select(h => File.ReadAllText(Key(h))));
    }

    private string? OtherKeyText() =>
        json.TryGetProperty("env", out var env) && env.TryGetProperty("SOPS_AGE_KEY", out var text) ? text.GetString() : null;

    private static Dictionary<string, SopsCase> Load()
    {
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Root, "manifest.json")));
        return manifest.RootElement.GetProperty("cases").EnumerateArray()
            .Where(c => c.TryGetProperty("encrypted", out _))
            .Select(c => new SopsCase(c.Clone()))
            .ToDictionary(c => c.Name, StringComparer.Ordinal);
    }
}
