using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Secrets.Sops;
using Prism.Supervisor.Tests.Fixtures;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Secrets;

/// <summary>
/// Files that only an external sops opens. A stand-in takes its place: a script that fails unless it is called as sops is to
/// be, and prints what the real sops printed of the same file. One test takes the real one, where there is one.
/// </summary>
public sealed class ExternalSopsTests : IDisposable
{
    private const int HangGuard = 300_000;

    private static readonly SopsCase PostQuantum = SopsCase.Named("078-pq-hybrid");

    private readonly SecretFolder folder = new();

    [Fact(Timeout = HangGuard)]
    public async Task A_file_for_a_post_quantum_key_is_opened_with_the_key_of_the_descriptor()
    {
        using var descriptor = File.OpenHandle(SopsCase.Key("pq.txt"));

        var reading = await ReadAsync(PostQuantum.FilePath, StandIn(PostQuantum), new(descriptor, null, null, null));

        Assert.Equal(PostQuantum.ExpectedMap, SecretFolder.Revealed(reading));
        Assert.EndsWith($", opened by an external sops ({folder.Root}/sops)", reading.Opened, StringComparison.Ordinal);
        Assert.DoesNotContain(reading.Warnings, warning => warning.Contains("not supported", StringComparison.Ordinal));
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_credential_is_handed_over_like_the_descriptor_and_the_variables_file_with_it()
    {
        var variable = folder.Write("variable.txt", "# of the variable\n");
        _ = folder.Write("age-key", File.ReadAllText(SopsCase.Key("pq.txt")));
        var script = StandIn(PostQuantum, $"cat {SopsCase.Key("pq.txt")} - {variable} <<EOF > {folder.Root}/expected\n\nEOF");

        var reading = await ReadAsync(PostQuantum.FilePath, script, new(null, folder.Root, variable, null), new() { ["SOPS_AGE_KEY_FILE"] = variable });

        Assert.NotEmpty(reading.Values);
    }

    [Fact]
    public void Without_the_setting_the_refusal_names_it() =>
        Assert.Contains("or set secrets.sopsCommand", SecretFolder.Refusal(() => PostQuantum.Read()), StringComparison.Ordinal);

    [Fact(Timeout = HangGuard)]
    public async Task It_is_not_asked_for_a_file_that_opens_here_or_that_it_could_not_open_either()
    {
        var (identity, recipient) = SopsWriter.NewKey();
        var path = folder.Write("own.env", SopsWriter.Write(recipient, [KeyValuePair.Create("A", "x")]));

        var reading = await ReadAsync(path, "/bin/false", new(null, null, null, identity));
        var refusal = await Assert.ThrowsAsync<StartupException>(() => ReadAsync(path, "/bin/false", new(null, null, null, SopsWriter.NewKey().Identity)));

        Assert.EndsWith("opened by the age key of SOPS_AGE_KEY", reading.Opened, StringComparison.Ordinal);
        Assert.Contains("no age key here opens it", refusal.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Its_failure_names_the_setting_and_quotes_nothing()
    {
        var script = Script("echo canary; echo 'Could not decrypt value: canary' >&2; exit 25");

        var refusal = await Assert.ThrowsAsync<StartupException>(() => ReadAsync(PostQuantum.FilePath, script, new(null, null, null, null)));

        Assert.Equal(ExitCode.TryAgain, refusal.Code);
        Assert.StartsWith("secrets.sopsCommand: sops exited with code 25; run it by hand", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>The printed file takes the same road as one that was opened here: policy, dialects, demands.</summary>
    [Fact(Timeout = HangGuard)]
    public async Task What_it_prints_is_judged_like_any_other_file()
    {
        var refusal = await Assert.ThrowsAsync<StartupException>(() => ReadAsync(PostQuantum.FilePath, StandIn(PostQuantum, ""), new(null, null, null, null), required: "NOT_THERE"));

        Assert.Contains("missing or empty: NOT_THERE", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_entries_have_the_kinds_of_the_encrypted_file()
    {
        var entries = Entries("A=ENC[AES256_GCM,data:eA==,iv:{0},tag:{1},type:str]\n\nB=\nC=clear\n#x\nD=ENC[AES256_GCM,data:eA==,iv:{0},tag:{1},type:int]\nsops_version=3\n", "A=a\\nb\nB=\nC=clear\n#y\nD=7\n");

        Assert.Equal(
            [("A", "a\nb", EntryKind.Encrypted), ("B", "", EntryKind.Empty), ("C", "clear", EntryKind.Clear), (null, "y", EntryKind.Comment), ("D", "7", EntryKind.Typed)],
            entries.Select(entry => (entry.Name, entry.Text, entry.Kind)));
    }

    [Theory]
    [InlineData("A=1\n")]
    [InlineData("A=1\nB=2\nC=3\n")]
    [InlineData("B=2\nA=1\n")]
    [InlineData("A=1\nb=2\n")]
    [InlineData("A=\nB=2\n")]
    [InlineData("")]
    public void Another_files_output_is_refused(string output) =>
        Assert.Contains("printed other variables than the file has", SecretFolder.Refusal(() => Entries("A=1\nB=2\nsops_version=3\n", output)), StringComparison.Ordinal);

    [Fact]
    public void It_finds_what_is_set_for_this_process_save_what_the_manager_meant_for_it_alone()
    {
        var environment = new Dictionary<string, string>
        {
            ["AWS_PROFILE"] = "prism",
            ["GNUPGHOME"] = "/var/lib/prism-django/.gnupg",
            ["SOPS_AGE_KEY_FILE"] = "/etc/prism/age.key",
            ["NOTIFY_SOCKET"] = "/run/systemd/notify",
            ["LISTEN_FDS"] = "1",
            ["CREDENTIALS_DIRECTORY"] = "/run/credentials/x",
            ["PRISM_SUPERVISOR_BIND"] = "127.0.0.1:1",
        };
        var options = TestOptions.Default.Secrets;
        var asked = new Asked();

        _ = Record.Exception(() => SecretRequests.External(options with { SopsCommand = ["sops", "--verbose"] }, environment, asked)!.Decrypt("/a.env", "", new(null, null, null, null), "/a.env"));

        Assert.Equal(["AWS_PROFILE", "GNUPGHOME", "SOPS_AGE_KEY_FILE"], asked.Environment.Keys.Order());
        Assert.Equal(["sops", "--verbose", "--decrypt", "--input-type", "dotenv", "--output-type", "dotenv", "/a.env"], asked.Command);
        Assert.Null(asked.Key);
        Assert.Null(SecretRequests.External(options, environment, asked));
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_real_sops_opens_what_only_it_can()
    {
        var path = Environment.GetEnvironmentVariable("PATH");
        Assert.SkipUnless((path ?? "").Split(':').Any(one => File.Exists(Path.Combine(one, "sops"))), "no sops on PATH");
        using var descriptor = File.OpenHandle(SopsCase.Key("pq.txt"));

        var reading = await ReadAsync(PostQuantum.FilePath, "sops", new(descriptor, null, null, null), new() { ["PATH"] = path!, ["HOME"] = folder.Root });

        Assert.Equal(PostQuantum.ExpectedMap, SecretFolder.Revealed(reading));
    }

    public void Dispose() => folder.Dispose();

    private static IReadOnlyList<SopsEntry> Entries(string encrypted, string clear)
    {
        var text = encrypted.Replace("{0}", Convert.ToBase64String(new byte[32]), StringComparison.Ordinal).Replace("{1}", Convert.ToBase64String(new byte[16]), StringComparison.Ordinal);
        return ExternalSops.Entries(DotEnv.Parse(text, "file"), DotEnv.Parse(clear, "output"), "file");
    }

    private static Task<SecretReading> ReadAsync(string path, string command, IdentitySources identities, Dictionary<string, string>? environment = null, params string[] required)
    {
        var runner = new CommandRunner(Programs.Launcher, TimeProvider.System, TestContext.Current.CancellationToken);
        var external = new ExternalSops([command], environment ?? new() { ["PATH"] = "/usr/bin:/bin" }, runner);
        var request = new SecretRequest(path, SecretFormat.Auto, SecretDialect.Sops, required, [], SecretPolicy.AllowAll);
        return Task.Run(() => new SecretSource(request, identities, external).Read(), TestContext.Current.CancellationToken);
    }

    private string Script(string text)
    {
        var path = folder.Write("sops", $"#!/bin/sh\nPATH=/usr/bin:/bin\n{text}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }

    /// <summary>Fails unless it is called as sops is to be, and handed the case's key; an empty preparation: no key is expected.</summary>
    private string StandIn(SopsCase sample, string? prepare = null) => Script($"""
        set -e
        [ "$*" = "--decrypt --input-type dotenv --output-type dotenv {sample.FilePath}" ]
        {prepare ?? $"cp {SopsCase.Key("pq.txt")} {folder.Root}/expected"}
        if [ -e {folder.Root}/expected ]; then [ "$SOPS_AGE_KEY_FILE" = /dev/fd/3 ]; cmp -s /dev/fd/3 {folder.Root}/expected; fi
        printf %s "{sample.Stdout.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("$", "\\$", StringComparison.Ordinal).Replace("`", "\\`", StringComparison.Ordinal)}"
        """);

    private sealed class Asked : ICommandRunner
    {
        public IReadOnlyList<string> Command { get; private set; } = [];

        public IReadOnlyDictionary<string, string> Environment { get; private set; } = new Dictionary<string, string>();

        public byte[]? Key { get; private set; }

        public byte[] Run(string what, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, byte[]? key)
        {
            (Command, Environment, Key) = (command, environment, key);
            return [];
        }
    }
}
