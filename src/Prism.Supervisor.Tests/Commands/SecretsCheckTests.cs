using System.Text.Json;
using Prism.Supervisor.Tests.Fixtures;
using Prism.Supervisor.Tests.Secrets;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Commands;

/// <summary>The binary, as an operator asks it what is in a secrets file.</summary>
[Trait("ring", "process")]
public sealed class SecretsCheckTests : IDisposable
{
    private const string Value = "a-value-that-is-never-shown";
    private static readonly (string Identity, string Recipient) Key = SopsWriter.NewKey();
    private readonly SecretFolder folder = new();

    [Fact]
    public async Task A_good_file_is_told_name_by_name_with_who_opened_it()
    {
        var ran = await CheckAsync(Sops(("SECRET_KEY", Value), ("QUOTED", $"\"{Value}\"")));

        Assert.Equal((0, ""), (ran.Code, ran.Error));
        Assert.All(
            [
                "sops dotenv file, written by sops 3.13.2, last modified 2026-01-02T03:04:05Z", $"Keys tried:\n  {Key.Recipient} of SOPS_AGE_KEY",
                $"Recipients:\n  {Key.Recipient}: opened by SOPS_AGE_KEY", "  SECRET_KEY  encrypted\n", "Read differently by systemd and by sops:\n  QUOTED\n",
            ],
            part => Assert.Contains(part, ran.Text, StringComparison.Ordinal));
        Assert.DoesNotContain("Opened by", ran.Text, StringComparison.Ordinal); // A recipient says it.
        Assert.DoesNotContain(Value, ran.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_stops_a_run_is_told_in_the_report_and_in_one_line_with_the_code_of_run()
    {
        var file = Sops(("SECRET_KEY", Value), ("EMPTY", ""), ("A_unencrypted", Value), ("PATH", Value));
        var configuration = folder.Write("supervisor.json", """{ "secrets": { "required": ["SECRET_KEY", "GONE"] } }""");

        var ran = await CheckAsync(file, "--config", configuration);

        Assert.Equal((int)ExitCode.SecretsRefused, ran.Code);
        Assert.All(
            ["EMPTY          empty: not authenticated", "A_unencrypted  clear: not authenticated", "PATH           encrypted: steers processes", "Missing:\n  GONE\n"],
            part => Assert.Contains(part, ran.Text, StringComparison.Ordinal));
        Assert.Single(ran.Error.TrimEnd('\n').Split('\n'));
        Assert.All(["EMPTY", "A_unencrypted", "PATH", "GONE"], name => Assert.Contains(name, ran.Error, StringComparison.Ordinal));
        Assert.DoesNotContain(Value, ran.Text + ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_says_the_same_to_a_program()
    {
        var ran = await CheckAsync(Sops(("SECRET_KEY", Value), ("EMPTY", "")), "--json");

        using var json = JsonDocument.Parse(ran.Text);
        var root = json.RootElement;
        Assert.Equal((65, false, 65), (ran.Code, root.GetProperty("usable").GetBoolean(), root.GetProperty("exitCode").GetInt32()));
        Assert.Equal(["EMPTY"], root.GetProperty("unauthenticated").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(
            [("SECRET_KEY", "encrypted", true), ("EMPTY", "empty", false)],
            root.GetProperty("names").EnumerateArray().Select(name => (name.GetProperty("name").GetString(), name.GetProperty("protection").GetString(), name.GetProperty("authenticated").GetBoolean())));
        Assert.Equal(Key.Recipient, root.GetProperty("identities")[0].GetProperty("recipient").GetString());
        Assert.DoesNotContain(Value, ran.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_right_key_it_still_tells_both_sides()
    {
        var other = SopsWriter.NewKey();
        var file = folder.Write("other.env", SopsWriter.Write(other.Recipient, [KeyValuePair.Create("A", Value)]));

        var ran = await CheckAsync(file);

        Assert.Equal((int)ExitCode.SecretsRefused, ran.Code);
        Assert.Contains($"{Key.Recipient} of SOPS_AGE_KEY", ran.Text, StringComparison.Ordinal);
        Assert.Contains($"Recipients:\n  {other.Recipient}\n", ran.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_only_the_external_sops_opens_is_said_to_be_opened_by_it()
    {
        var sample = SopsCase.Named("078-pq-hybrid");
        var script = folder.Write("sops", $"#!/bin/sh\nexec cat {folder.Write("clear.env", sample.Stdout)}\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var configuration = folder.Write("supervisor.json", $$"""{ "secrets": { "sopsCommand": ["{{script}}"] } }""");

        var text = await CheckAsync(sample.FilePath, "--config", configuration, "--unauthenticated", "allow");
        var program = await CheckAsync(sample.FilePath, "--config", configuration, "--unauthenticated", "allow", "--json");
        var own = await CheckAsync(Sops(("A", Value)), "--config", configuration, "--json");

        Assert.Equal((0, ""), (text.Code, text.Error));
        Assert.Contains($"Opened by:\n  an external sops ({script})\n", text.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(": opened by", text.Text, StringComparison.Ordinal);
        Assert.Equal([$"an external sops ({script})", "the age key of SOPS_AGE_KEY"], ((Capture[])[program, own]).Select(OpenedBy));

        static string? OpenedBy(Capture ran)
        {
            using var json = JsonDocument.Parse(ran.Text);
            return json.RootElement.GetProperty("openedBy").GetString();
        }
    }

    [Theory]
    [InlineData("allow", 0)]
    [InlineData("refuse", 65)]
    public async Task The_options_override(string unauthenticated, int code) =>
        Assert.Equal(code, (await CheckAsync(Sops(("A", Value), ("EMPTY", "")), "--unauthenticated", unauthenticated)).Code);

    [Fact]
    public async Task A_missing_file_is_one_line()
    {
        var ran = await CheckAsync(Path.Combine(folder.Root, "gone.env"));

        Assert.Equal((int)ExitCode.SecretsRefused, ran.Code);
        Assert.EndsWith("gone.env does not exist\n", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_misspelt_option_is_no_file()
    {
        var ran = await CheckAsync("--jsno");

        Assert.Equal((int)ExitCode.Usage, ran.Code);
        Assert.Equal("prism-supervisor: --jsno: there is no such option; a file of that name is ./--jsno (see prism-supervisor --help)\n", ran.Error);
    }

    [Fact]
    public async Task Of_a_typed_value_only_the_type_is_not_authenticated()
    {
        var ran = await CheckAsync(SopsCase.Named("163-type-float").FilePath, ["SOPS_AGE_KEY_FILE", SopsCase.Key("alice.txt")], []);

        Assert.Equal(0, ran.Code);
        Assert.Contains("typed (its type is not authenticated)\n", ran.Text, StringComparison.Ordinal);
    }

    /// <summary>A configured file is read for the service, and so is its key; one of the caller's own choice is not.</summary>
    [Fact]
    public async Task A_key_that_run_refuses_is_refused_for_a_configured_file()
    {
        var (file, key) = (Sops(("SECRET_KEY", Value)), folder.Write("age.key", Key.Identity));
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        var configuration = folder.Write("supervisor.json", $$"""{ "secrets": { "file": "{{file}}", "required": ["SECRET_KEY"] } }""");

        var configured = await CheckAsync(null, ["SOPS_AGE_KEY_FILE", key], ["--config", configuration]);
        var chosen = await CheckAsync(file, ["SOPS_AGE_KEY_FILE", key], ["--config", configuration]);

        Assert.Equal(((int)ExitCode.SecretsRefused, 0), (configured.Code, chosen.Code));
        Assert.Contains("age.key: every user of this host can read it (mode 0604); chmod o-r", configured.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("> /dev/full", 75)]
    [InlineData(">&-", 75)]
    [InlineData("2> /dev/full", 0)]
    [InlineData("--unauthenticated refuse 2> /dev/full", 65)]
    public async Task A_report_that_cannot_be_written_is_one_line(string where, int code)
    {
        var environment = Capture.Complete(new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["SOPS_AGE_KEY"] = Key.Identity });

        var ran = await Capture.RunAsync("/bin/sh", environment, folder.Root, "-c", $"exec \"$0\" secrets check \"$1\" {where}", Programs.Supervisor, Sops(("A", Value), ("EMPTY", code == 65 ? "" : Value)));

        Assert.Equal(code, ran.Code);
        Assert.Equal(code == 75, ran.Error.StartsWith("prism-supervisor: the report cannot be written to standard output: ", StringComparison.Ordinal));
        Assert.True(ran.Error.Count(c => c == '\n') <= 1, ran.Error);
    }

    public void Dispose() => folder.Dispose();

    private string Sops(params (string Name, string Value)[] pairs) =>
        folder.Write($"{Guid.NewGuid():n}.env", SopsWriter.Write(Key.Recipient, pairs.Select(pair => KeyValuePair.Create(pair.Name, pair.Value))));

    private Task<Capture> CheckAsync(string file, params string[] more) => CheckAsync(file, ["SOPS_AGE_KEY", Key.Identity], more);

    private Task<Capture> CheckAsync(string? file, string[] key, string[] more) => Capture.SupervisorAsync(
        new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", [key[0]] = key[1] }, folder.Root, ["secrets", "check", .. file is null ? [] : new[] { file }, .. more]);
}
