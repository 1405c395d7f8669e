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

    /// <summary>The environment that sops had, as a person's command of ours reads it. No home folder but the case's own.</summary>
    internal IdentitySources Identities()
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        if (json.TryGetProperty("env", out var variables))
        {
            foreach (var variable in variables.EnumerateObject())
            {
                environment[variable.Name] = variable.Value.GetString()!.Replace("{fixtures}", Root, StringComparison.Ordinal);
            }
        }

        var (name, value) = IdentityKind switch
        {
            "file" when File.Exists(Path.Combine(Root, IdentityValue)) => ("SOPS_AGE_KEY_FILE", Path.Combine(Root, IdentityValue)),
            "file" => ("SOPS_AGE_KEY", HoldersKeys()),
            "ssh" => ("SOPS_AGE_SSH_PRIVATE_KEY_FILE", Path.Combine(Root, IdentityValue)),
            "env" => ("SOPS_AGE_KEY", IdentityValue),
            "cmd" => ("SOPS_AGE_KEY_CMD", IdentityValue),
            _ => ("", ""),
        };
        environment[name] = value;
        return IdentitySources.LikeSops(environment, null, new FakeCommands(Root));
    }

    /// <summary>The two Shamir cases name key files that are not there: the keys of two of the three groups, and of one.</summary>
    private string HoldersKeys()
    {
        string[] holders = Opens ? ["alice.txt", "bob.txt"] : ["alice.txt"];
        return string.Concat(holders.Select(h => File.ReadAllText(Key(h))));
    }

    private static Dictionary<string, SopsCase> Load()
    {
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Root, "manifest.json")));
        return manifest.RootElement.GetProperty("cases").EnumerateArray()
            .Where(c => c.TryGetProperty("encrypted", out _))
            .Select(c => new SopsCase(c.Clone()))
            .ToDictionary(c => c.Name, StringComparer.Ordinal);
    }
}
