using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Commands;

/// <summary>Every file of the fixtures through the real binary: a command gets exactly what the file holds, or is not run.</summary>
[Trait("ring", "process")]
public sealed class ExecManifestTests(ExecManifestTests.Outcomes outcomes) : IClassFixture<ExecManifestTests.Outcomes>
{
    private const int HangGuard = 300_000;

    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "Fixtures", "sops");

    /// <summary>What sops opens and this program refuses by name.</summary>
    private static readonly HashSet<string> OtherKinds = ["078-pq-hybrid"];

    /// <summary>What sops does not open, and this program does: a raw ssh key whose converted form is the recipient.</summary>
    private static readonly HashSet<string> WiderThanSops = ["119-converted-recipient-raw-ssh-key"];

    private static readonly Dictionary<string, JsonElement> Cases = Load();

    public static TheoryData<string> Opened => Names(c => Group(c) is "ok" or "identity" && IsOpened(c));

    public static TheoryData<string> Refused => Names(c => Group(c) == "tamper" || (Group(c) is "ok" or "identity" && !IsOpened(c) && !WiderThanSops.Contains(Name(c))));

    public static TheoryData<string> Doubtful => Names(c => Group(c) == "edge" && Exit(c) == 0);

    public static TheoryData<string> Tampered => Names(c => Group(c) == "edge" && Exit(c) != 0);

    [Theory(Timeout = HangGuard)]
    [MemberData(nameof(Opened))]
    public async Task The_command_gets_exactly_what_the_file_holds(string name)
    {
        var ran = await RunAsync(Cases[name]);

        Assert.Equal((0, ""), (ran.Code, ran.Code == 0 ? "" : ran.Error));
        Assert.Equal(Expected(Cases[name]), ran.Variables);
        outcomes.Exact(name);
    }

    [Theory(Timeout = HangGuard)]
    [MemberData(nameof(Refused))]
    [MemberData(nameof(Tampered))]
    public async Task What_is_refused_runs_nothing_and_says_why_in_one_line(string name)
    {
        var ran = await RunAsync(Cases[name]);

        Assert.Equal(((int)ExitCode.SecretsRefused, ""), (ran.Code, ran.Text));
        Assert.StartsWith($"prism-supervisor: {Root}", ran.Error.Split('\n')[^2], StringComparison.Ordinal);
        Assert.True(!OtherKinds.Contains(name) || ran.Error.Contains("a post-quantum age key", StringComparison.Ordinal), ran.Error);
        outcomes.Refused(name);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_raw_ssh_key_opens_what_is_encrypted_for_its_conversion()
    {
        var name = Assert.Single(WiderThanSops);

        var ran = await RunAsync(Cases[name]);

        Assert.Equal(0, ran.Code);
        Assert.Equal(Expected(Cases["074-ssh-ed25519"]), ran.Variables);
        outcomes.Exact(name);
    }

    /// <summary>Stricter than sops is allowed there; other values than those of sops are not.</summary>
    [Theory(Timeout = HangGuard)]
    [MemberData(nameof(Doubtful))]
    public async Task What_sops_should_not_have_read_is_refused_or_read_as_sops_does(string name)
    {
        var ran = await RunAsync(Cases[name]);

        if (ran.Code == 0)
        {
            Assert.Equal(Expected(Cases[name]), ran.Variables);
            outcomes.Exact(name);
        }
        else
        {
            Assert.Equal(((int)ExitCode.SecretsRefused, ""), (ran.Code, ran.Text));
            outcomes.Refused(name);
        }
    }

    [Fact]
    public void Every_case_is_run_but_those_that_are_listed()
    {
        TestContext.Current.TestOutputHelper!.WriteLine($"{Opened.Count} opened, {Refused.Count + Tampered.Count} refused, {Doubtful.Count} either way");

        Assert.Equal(152, Opened.Count + Refused.Count + Tampered.Count + Doubtful.Count + WiderThanSops.Count);
        Assert.All(OtherKinds, name => Assert.Equal(0, Exit(Cases[name])));
    }

    private static Task<Capture> RunAsync(JsonElement one) => Capture.SupervisorAsync(
        Environment(one), Root, "exec", "--secrets", Path.Combine(Root, Text(one, "encrypted")), "--dialect", "sops", "--unauthenticated", "allow", "--", "env", "-0");

    /// <summary>What sops had, as the manifest says; no home folder but the case's own.</summary>
    private static Dictionary<string, string> Environment(JsonElement one)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/bin:/bin" };
        if (one.TryGetProperty("env", out var more))
        {
            foreach (var variable in more.EnumerateObject())
            {
                environment[variable.Name] = variable.Value.GetString()!.Replace("{fixtures}", Root, StringComparison.Ordinal);
            }
        }

        var identity = one.GetProperty("identity");
        var value = Text(identity, "value");
        switch (Text(identity, "kind"))
        {
            case "file" when File.Exists(Path.Combine(Root, value)):
                environment["SOPS_AGE_KEY_FILE"] = Path.Combine(Root, value);
                break;
            case "file":
                // The Shamir cases name files that are not there: the keys of two of the three groups, and of one.
                environment["SOPS_AGE_KEY"] = string.Concat((Exit(one) == 0 ? new[] { "alice.txt", "bob.txt" } : ["alice.txt"]).Select(key => File.ReadAllText(Path.Combine(Root, "keys", key))));
                break;
            case "ssh":
                environment["SOPS_AGE_SSH_PRIVATE_KEY_FILE"] = Path.Combine(Root, value);
                break;
            case "env":
                environment["SOPS_AGE_KEY"] = value;
                break;
            case "cmd":
                environment["SOPS_AGE_KEY_CMD"] = value;
                break;
            default:
                break;
        }

        return environment;
    }

    private static List<string> Expected(JsonElement one) =>
        [.. one.GetProperty("expected_map").EnumerateObject().Select(pair => Latin(pair.Name) + "=" + Value(pair.Value))];

    private static string Value(JsonElement value) => value.ValueKind == JsonValueKind.Object
        ? Encoding.Latin1.GetString(value.GetProperty("base64").GetBytesFromBase64())
        : Latin(value.GetString()!);

    private static string Latin(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private static bool IsOpened(JsonElement one) => Exit(one) == 0 && !OtherKinds.Contains(Name(one));

    private static string Name(JsonElement one) => Text(one, "name");

    private static string Group(JsonElement one) => Text(one, "group");

    private static int Exit(JsonElement one) => one.GetProperty("sops_exit").GetInt32();

    private static string Text(JsonElement one, string name) => one.GetProperty(name).GetString()!;

    private static TheoryData<string> Names(Func<JsonElement, bool> wanted) => [.. Cases.Values.Where(wanted).Select(Name)];

    private static Dictionary<string, JsonElement> Load()
    {
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Root, "manifest.json")));
        return manifest.RootElement.GetProperty("cases").EnumerateArray()
            .Where(one => one.TryGetProperty("encrypted", out _))
            .Select(one => one.Clone())
            .ToDictionary(Name, StringComparer.Ordinal);
    }

    /// <summary>What the cases came to, counted in the log once the last of them has run: those that failed are in neither count.</summary>
    public sealed class Outcomes : IDisposable
    {
        private readonly ConcurrentDictionary<string, bool> exact = new(StringComparer.Ordinal);

        internal void Exact(string name) => exact[name] = true;

        internal void Refused(string name) => exact[name] = false;

        public void Dispose() => Tally.Say(
            "sops-fixtures-exec",
            $"sops fixtures through exec --secrets: {exact.Count} of {Cases.Count} cases hold: {string.Join(", ", exact.GroupBy(one => Group(Cases[one.Key])).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key} {g.Count(one => one.Value)} exact {g.Count(one => !one.Value)} refused"))}");
    }
}
