using Prism.Supervisor.Gunicorn;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Gunicorn;

/// <summary>Real processes that play a Gunicorn which is asked for its version, and note that they were.</summary>
public sealed class GunicornVersionTests : IDisposable
{
    private const int HangGuard = 300_000;

    private const string Marker = "PRISM_VERSION_TEST";

    private readonly TempFolder folder = new();
    private readonly RecordingLogger<GunicornVersion> log = new();
    private readonly ProcessEnvironment environment;
    private readonly string marker = Guid.NewGuid().ToString();
    private readonly CancellationTokenSource stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public GunicornVersionTests()
    {
        environment = ProcessEnvironment.Empty.With("PATH", "/usr/bin:/bin").With(Marker, marker).With("NOTES", folder["notes"]);
        _ = Directory.CreateDirectory(folder["state"]);
        _ = Directory.CreateDirectory(folder["store"]);
    }

    public void Dispose()
    {
        stopping.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("gunicorn (version 20.1.0)", "20.1.0")]
    [InlineData("prism-gunicorn (version 26.1.0)", "26.1.0")]
    [InlineData("python3 -m gunicorn (version 25.1)", "25.1")]
    [InlineData("gunicorn (version 25.1.0rc1)", "25.1.0")]
    [InlineData("gunicorn (version 25.1.0.dev2)", "25.1.0")]
    [InlineData("gunicorn (version 99999999999.1)", null)]
    [InlineData("gunicorn (version x)", null)]
    [InlineData("Starting gunicorn 23.0.0", null)]
    [InlineData("", null)]
    public void The_number_is_read_from_what_is_printed(string line, string? version) =>
        Assert.Equal(version, GunicornVersion.Parse(line)?.ToString());

    [Fact(Timeout = HangGuard)]
    public async Task The_whole_command_is_asked_in_the_childrens_environment()
    {
        var file = Gunicorn("say 23.0.0");

        Assert.Equal(new Version(23, 0, 0), await AskAsync(Asking(), file, "gunicorn", "-c", "site.py"));
        Assert.Equal([$"-c site.py --version {marker}"], Notes);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_real_one_says_its_version()
    {
        var file = CommandPath.Find("gunicorn", "/usr/bin:/bin");
        Assert.SkipWhen(file is null, "no gunicorn here");

        Assert.InRange((await AskAsync(Asking(), file!))!, new Version(19, 0), new Version(99, 0));
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("exit 2", "gunicorn --version exited with code 2 and named none")]
    [InlineData("echo something else", "gunicorn --version exited with code 0 and named none")]
    public async Task What_says_none_is_unknown_and_no_failure(string script, string reason)
    {
        Assert.Null(await AskAsync(Asking(), Gunicorn(script)));
        Assert.Equal($"Gunicorn's version cannot be known: {reason}", Assert.Single(log.Entries).Text);
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_cannot_be_started_is_unknown_and_no_failure()
    {
        Assert.Null(await AskAsync(Asking(), folder["nowhere"]));
        Assert.Equal($"Gunicorn's version cannot be known: {folder["nowhere"]} cannot be started: No such file or directory", Assert.Single(log.Entries).Text);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_wrapper_that_starts_a_server_instead_is_ended_with_it()
    {
        var asking = Asking(new SkippingTime(GunicornVersion.Patience));

        Assert.Null(await AskAsync(asking, Gunicorn("sleep 1000 & sleep 1000")));

        Assert.Empty(Children.Marked(Marker, marker));
        Assert.Equal("Gunicorn's version cannot be known: gunicorn --version took too long", Assert.Single(log.Entries).Text);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_stop_ends_the_question()
    {
        var asked = AskAsync(Asking(), Gunicorn("sleep 1000"));

        await stopping.CancelAsync();

        Assert.Null(await asked);
        Assert.Empty(Children.Marked(Marker, marker));
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_is_asked_once_for_a_release_and_anew_for_the_next()
    {
        var file = Gunicorn("say 23.0.0");
        var first = Asking();
        _ = await AskAsync(first, file);
        _ = await AskAsync(first, file);
        _ = Gunicorn("say 26.1.0");

        Assert.Equal(new Version(26, 1, 0), await AskAsync(Asking(), file));
        Assert.Equal(2, Notes.Length);
        Assert.False(File.Exists(first.CacheFile));
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_answer_of_a_command_in_the_store_outlives_the_process()
    {
        var file = Gunicorn("say 26.1.0", "store/prism-gunicorn");
        _ = Directory.CreateSymbolicLink(folder["current"], folder["store"]);
        _ = await AskAsync(Asking(), folder["current/prism-gunicorn"]);

        Assert.Equal(new Version(26, 1, 0), await AskAsync(Asking(), file));
        _ = Assert.Single(Notes);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Another_command_in_the_store_is_asked_for_itself()
    {
        _ = await AskAsync(Asking(), Gunicorn("say 23.0.0", "store/prism-gunicorn"));

        Assert.Equal(new Version(26, 1, 0), await AskAsync(Asking(), Gunicorn("say 26.1.0", "store/other-gunicorn")));
    }

    [Fact(Timeout = HangGuard)]
    public async Task Nothing_is_kept_of_a_command_that_says_none_or_of_an_interpreter()
    {
        _ = await AskAsync(Asking(), Gunicorn("exit 2", "store/prism-gunicorn"));
        _ = await AskAsync(Asking(), Gunicorn("say 23.0.0", "store/python3"));

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["state"]));
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_answer_of_a_release_that_has_a_name_outlives_the_process_wherever_it_lies_until_another_comes()
    {
        var file = Gunicorn("say 23.0.0", "python3");
        _ = await AskAsync(Asking(release: "one"), file);

        Assert.Equal(new Version(23, 0, 0), await AskAsync(Asking(release: "one"), file));
        _ = Assert.Single(Notes);

        _ = await AskAsync(Asking(release: "two"), file);
        _ = await AskAsync(Asking(release: "two"), Gunicorn("say 26.1.0", "gunicorn"));
        _ = await AskAsync(Asking(release: "two"), folder["gunicorn"], "gunicorn", "-m", "other");
        _ = await AskAsync(Asking(release: "two"), folder["gunicorn"], "gunicorn", "-m", "other");
        Assert.Equal(4, Notes.Length);

        _ = await AskAsync(Asking(), folder["gunicorn"]);
        Assert.Equal(5, Notes.Length);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_failed_start_of_a_release_that_has_a_name_makes_it_forget_too()
    {
        var file = Gunicorn("say 23.0.0");
        var asking = Asking(release: "one");
        _ = await AskAsync(asking, file);

        asking.Forget();

        _ = await AskAsync(Asking(release: "one"), file);
        Assert.Equal(2, Notes.Length);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_failed_start_makes_it_forget()
    {
        var file = Gunicorn("say 23.0.0", "store/prism-gunicorn");
        var asking = Asking();
        _ = await AskAsync(asking, file);

        asking.Forget();

        _ = await AskAsync(asking, file);
        Assert.Equal(2, Notes.Length);
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("")]
    [InlineData("26.1.0")]
    [InlineData("x {0}\n")]
    [InlineData("{0}\n")]
    [InlineData("26.1.0 {0}")]
    [InlineData("26.1.0 /elsewhere{0}\n")]
    public async Task What_is_kept_and_makes_no_sense_is_asked_for_anew(string kept)
    {
        var file = Gunicorn("say 23.0.0", "store/prism-gunicorn");
        var asking = Asking();
        File.WriteAllText(asking.CacheFile, kept.Replace("{0}", file, StringComparison.Ordinal));

        Assert.Equal(new Version(23, 0, 0), await AskAsync(asking, file));
        Assert.Equal($"23.0.0 {file}\n", File.ReadAllText(asking.CacheFile));
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_cannot_be_kept_is_no_failure()
    {
        var asking = Asking();
        _ = Directory.CreateDirectory(asking.CacheFile);

        Assert.Equal(new Version(23, 0, 0), await AskAsync(asking, Gunicorn("say 23.0.0", "store/prism-gunicorn")));
        Assert.StartsWith("Gunicorn's version cannot be kept for the next start: ", log.Entries[^1].Text, StringComparison.Ordinal);
    }

    private string[] Notes => File.ReadAllLines(folder["notes"]);

    private GunicornVersion Asking(TimeProvider? time = null, string? release = null) =>
        new(folder["state"], Programs.Launcher, time ?? TimeProvider.System, log) { Store = folder["store/"], ReleaseId = release };

    private Task<Version?> AskAsync(GunicornVersion asking, string file, params string[] command) =>
        asking.AskAsync(command.Length > 0 ? command : ["gunicorn"], file, environment, stopping.Token);

    private string Gunicorn(string script, string name = "gunicorn") => folder.WriteScript(name, $"""
        #!/bin/sh
        say() (echo "gunicorn (version $1)"; echo)
        echo "$* ${Marker}" >> "$NOTES"
        {script}
        """);
}
