using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Gunicorn;
using Prism.Supervisor.Lifecycle;
using Prism.Supervisor.Systemd;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests;

/// <summary>With scripts in the place of the site's commands, which write into a file what they were called with.</summary>
[Trait("ring", "process")]
public sealed class ReleasePreparerTests : IDisposable
{
    private const int HangGuard = 300_000;

    private readonly TempFolder folder = new();
    private readonly RecordingLogs logs = new();
    private readonly List<string> progress = [];
    private readonly SupervisorOptions first;
    private readonly string mark = Guid.NewGuid().ToString();
    private SupervisorOptions next;
    private TimeProvider time = TimeProvider.System;

    public ReleasePreparerTests()
    {
        _ = folder.WriteSecret("prism.env", "SECRET_KEY=one\n");
        next = first = TestOptions.Default with
        {
            StateDirectory = folder.Path,
            RuntimeDirectory = folder.Path,
            Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["PRISM_TEST"] = mark },
            Secrets = TestOptions.Default.Secrets with { File = folder["prism.env"], Required = ["SECRET_KEY"], Together = [] },
            Steps = new StepsOptions([Script("migrate")], [Script("collectstatic", "echo 'body {}' >$STATIC_ROOT/site.css")], TimeSpan.FromSeconds(10)),
            Gunicorn = TestOptions.Default.Gunicorn with { Command = [Script("gunicorn"), "-c", "conf"] },
        };
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>What ran, save the question for the version; of what runs side by side, migrate first.</summary>
    private string[] Ran => File.Exists(folder["ran"])
        ? [.. File.ReadAllLines(folder["ran"]).Where(line => !line.Contains("--version", StringComparison.Ordinal)).OrderBy(line => line[0] switch { 'g' => 0, 'm' => 1, _ => 2 })]
        : [];

    public void Dispose()
    {
        logs.Dispose();
        folder.Dispose();
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_start_migrates_and_collects_and_lets_the_server_find_out()
    {
        var release = await Preparer().PrepareFirstAsync(progress.Add, ahead: null, Stop);

        Assert.Equal(["migrate one", "collectstatic one"], Ran);
        Assert.Equal([$"reading the secrets of {folder["prism.env"]}", $"running {folder["collectstatic"]}", $"running {folder["migrate"]}; running {folder["collectstatic"]}"], progress.Take(3));
        Assert.Equal((new Version(25, 3, 0), null), (release.Version, release.NotUndone));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_reload_sees_first_whether_the_release_can_be_imported()
    {
        var release = await ReloadAsync();

        Assert.Equal(["gunicorn -c conf --check-config one", "migrate one", "collectstatic one"], Ran);
        Assert.Equal(
            ["reading the configuration", $"reading the secrets of {folder["prism.env"]}", $"running {folder["gunicorn"]} -c conf --check-config", $"running {folder["collectstatic"]}", $"running {folder["migrate"]}; running {folder["collectstatic"]}"],
            progress.Take(5));
        Assert.Equal("not undone: whatever migrate changed", release.NotUndone);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_release_that_cannot_be_imported_changes_no_database()
    {
        _ = Script("gunicorn", "echo 'ImportError: no prism'; exit 3");

        Assert.Equal($"import: gunicorn -c conf --check-config exited with code 3: ImportError: no prism (its whole output: journalctl -t gunicorn)", await FailureAsync());
        Assert.Equal(["gunicorn -c conf --check-config one"], Ran);
    }

    [Fact(Timeout = HangGuard)]
    public async Task An_import_that_hangs_is_ended_after_the_start_timeout()
    {
        var limit = TimeSpan.FromSeconds(12);
        time = new SkippingTime(limit);
        next = first with { Gunicorn = first.Gunicorn with { StartTimeout = limit } };
        _ = Script("gunicorn", "exec sleep 1000");

        Assert.Equal("import: gunicorn -c conf --check-config was not done after 12 s and was ended", await FailureAsync());
        Assert.Empty(Children.Marked("PRISM_TEST", mark));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_failed_migration_is_named_and_what_it_did_before_is_not_undone()
    {
        _ = Script("migrate", "echo 'RuntimeError: no'; exit 1");

        Assert.Equal("migrate: migrate exited with code 1: RuntimeError: no (its whole output: journalctl -t migrate); not undone: whatever migrate changed", await FailureAsync());
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_fails_after_the_migration_says_that_it_is_not_undone()
    {
        _ = Script("collectstatic", "echo 'OSError: full'; exit 1");

        Assert.EndsWith("; not undone: whatever migrate changed", await FailureAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_step_that_is_left_out_has_changed_nothing()
    {
        next = first with { Steps = first.Steps with { Migrate = [], Collectstatic = [] } };

        Assert.Null((await ReloadAsync()).NotUndone);
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_server_gets_the_folder_that_the_release_s_files_were_collected_into()
    {
        _ = Script("migrate", $"echo $STATIC_ROOT >{folder["seen"]}");
        next = first with { StaticPath = folder["public"] };

        var release = await ReloadAsync();

        var root = release.Environment["STATIC_ROOT"]!;
        Assert.StartsWith(folder["public.releases/"], root, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(root, "site.css")));
        Assert.False(Path.Exists(folder["public"]));
        Assert.Equal("\n", await File.ReadAllTextAsync(folder["seen"], Stop));

        release.Proven!();
        Assert.True(File.Exists(folder["public/site.css"]));
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("elsewhere", "elsewhere.releases")]
    [InlineData(null, "staticfiles.releases")]
    public async Task The_public_path_is_where_the_site_s_environment_had_it(string? root, string store)
    {
        next = first with { Environment = new Dictionary<string, string>(first.Environment) { ["STATIC_ROOT"] = root is null ? "not/absolute" : folder[root] + "/" } };

        Assert.StartsWith(folder[store] + "/", (await ReloadAsync()).Environment["STATIC_ROOT"], StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_collection_that_is_left_out_leaves_STATIC_ROOT_as_it_is_configured()
    {
        next = first with
        {
            Environment = new Dictionary<string, string>(first.Environment) { ["STATIC_ROOT"] = folder["mine"] },
            Steps = first.Steps with { Collectstatic = [] },
        };

        var release = await ReloadAsync();

        Assert.Equal((folder["mine"], null), (release.Environment["STATIC_ROOT"], release.Proven));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path, "*.releases"));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_site_that_collects_elsewhere_keeps_its_STATIC_ROOT_and_is_not_undone()
    {
        _ = Script("collectstatic");

        var release = await ReloadAsync();

        Assert.Equal((null, null, "not undone: whatever migrate and collectstatic changed"), (release.Environment["STATIC_ROOT"], release.Proven, release.NotUndone));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_full_disk_is_told_as_one()
    {
        _ = Script("collectstatic", "echo \"OSError: [Errno 28] No space left on device: '/x'\"; exit 1");

        Assert.Matches("^collectstatic: no space is left for the static files: .*; make room there and try again; not undone: whatever migrate changed$", await FailureAsync());
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_failed_start_says_no_more_than_why()
    {
        _ = Script("collectstatic", "echo 'OSError: full'; exit 1");

        var failure = await Assert.ThrowsAsync<StartupException>(() => Preparer().PrepareFirstAsync(progress.Add, ahead: null, Stop));

        Assert.Equal((ExitCode.CollectstaticFailed, "collectstatic exited with code 1: OSError: full (its whole output: journalctl -t collectstatic)"), (failure.Code, failure.Message));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_bind_that_has_changed_stays_as_it_was_with_a_warning()
    {
        var other = OptionsReader.Read((string?)null, new Dictionary<string, string> { ["PRISM_SUPERVISOR_BIND"] = "127.0.0.1:1" }).Bind;
        next = first with { Bind = other, Steps = first.Steps with { Migrate = [] } };

        var release = await ReloadAsync();

        Assert.Equal((first.Bind, first.RuntimeDirectory), (release.Options.Bind, release.Options.RuntimeDirectory));
        Assert.Empty(release.Options.Steps.Migrate);
        Assert.Equal(["bind has changed in the configuration; it stays as it was until the unit is restarted"], logs.Warnings);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Each_setting_that_waits_for_a_restart_is_named()
    {
        var other = OptionsReader.Read((string?)null, new Dictionary<string, string> { ["PRISM_SUPERVISOR_BIND"] = "127.0.0.1:1" }).Bind;
        next = first with { Bind = other, BindMode = UnixFileMode.UserRead, RuntimeDirectory = "/nowhere" };

        var release = await ReloadAsync();

        Assert.Equal(first.RuntimeDirectory, release.Options.RuntimeDirectory);
        Assert.Equal(["bind", "bindMode", "runtimeDirectory"], logs.Warnings.Select(line => line.Split(' ')[0]));
    }

    [Fact(Timeout = HangGuard)]
    public async Task An_unchanged_configuration_warns_of_nothing()
    {
        next = first with { Bind = [.. first.Bind] };

        _ = await ReloadAsync();

        Assert.Empty(logs.Warnings);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_configuration_that_cannot_be_read_ends_it_before_anything_runs()
    {
        var preparer = new ReleasePreparer(
            () => throw new StartupException(ExitCode.Configuration, "supervisor.json: no"), first, TestOptions.NoEnvironment, NothingPassed(), Programs.Launcher, new CrashPoints(null), time, logs, static _ => { }, CancellationToken.None);

        _ = await Assert.ThrowsAsync<StartupException>(() => preparer.PrepareAsync(progress.Add, arbiter: null, Limit(Stop)));
        Assert.Empty(Ran);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_secrets_file_that_was_replaced_is_read_anew()
    {
        var preparer = Preparer();
        _ = await preparer.PrepareFirstAsync(progress.Add, ahead: null, Stop);
        _ = folder.WriteSecret("new.env", "SECRET_KEY=two\n");
        File.Move(folder["new.env"], folder["prism.env"], overwrite: true);

        var release = await preparer.PrepareAsync(progress.Add, arbiter: null, Limit(Stop));

        Assert.Equal("two", release.Environment["SECRET_KEY"]);
        Assert.Equal("collectstatic two", Ran[^1]);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Secrets_that_are_not_complete_end_it_before_anything_runs()
    {
        _ = folder.WriteSecret("prism.env", "OTHER=one\n");

        Assert.Contains("SECRET_KEY", await FailureAsync(), StringComparison.Ordinal);
        Assert.Empty(Ran);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_command_that_is_gone_ends_it_before_anything_runs()
    {
        File.Delete(folder["collectstatic"]);

        Assert.Equal($"{folder["collectstatic"]} is no executable file: correct steps.collectstatic in the configuration", await FailureAsync());
        Assert.Empty(Ran);
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_server_is_the_one_that_a_link_leads_to_now_and_stays_it()
    {
        foreach (var name in new[] { "1", "2" })
        {
            _ = Directory.CreateDirectory(folder[name]);
            _ = Script($"{name}/gunicorn");
        }

        _ = File.CreateSymbolicLink(folder["current"], "1");
        next = first with { Gunicorn = first.Gunicorn with { Command = [folder["current/gunicorn"]] } };
        var old = await ReloadAsync();
        File.Delete(folder["current"]);
        _ = File.CreateSymbolicLink(folder["current"], "2");

        var release = await ReloadAsync();

        Assert.Equal((folder["1/gunicorn"], folder["2/gunicorn"]), (old.Program, release.Program));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_link_that_is_switched_meanwhile_changes_no_step()
    {
        foreach (var name in new[] { "1", "2" })
        {
            _ = Directory.CreateDirectory(folder[name]);
            _ = Script($"{name}/gunicorn", $"ln -sfn 2 {folder["current"]}");
            _ = Script($"{name}/migrate", $"echo of {name} >>{folder["ran"]}");
        }

        _ = File.CreateSymbolicLink(folder["current"], "1");
        next = first with
        {
            Gunicorn = first.Gunicorn with { Command = [folder["current/gunicorn"]] },
            Steps = first.Steps with { Migrate = [folder["current/migrate"]], Collectstatic = [] },
        };

        var release = await ReloadAsync();

        Assert.Equal(folder["1/gunicorn"], release.Program);
        Assert.Equal(["gunicorn --check-config one", "migrate one", "of 1"], Ran);
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_room_for_a_second_generation_is_looked_at_beside_one_that_serves()
    {
        next = first with { Environment = new Dictionary<string, string>(first.Environment) { ["USE_POSTGRES"] = "1", ["POSTGRES_PORT"] = "none" } };

        // It ends where the database is to be waited for; the look comes before.
        _ = await Assert.ThrowsAsync<StartupException>(() => Preparer().PrepareAsync(progress.Add, arbiter: null, Limit(Stop)));
        Assert.Empty(logs.Warnings);

        _ = await Assert.ThrowsAsync<StartupException>(() => Preparer().PrepareAsync(progress.Add, Environment.ProcessId, Limit(Stop)));
        Assert.Contains("POSTGRES_PORT: the port is no number from 1 to 65535: the site will not find its database", logs.Warnings);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Nothing_that_a_failed_release_started_runs_on()
    {
        // The question for the version, which runs beside the steps, hangs.
        _ = Script("gunicorn", "echo 'ImportError: no'; exit 3", version: "exec sleep 1000");

        _ = await FailureAsync();

        Assert.Empty(Children.Marked("PRISM_TEST", mark));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_stop_ends_what_runs()
    {
        using var stopping = new CancellationTokenSource();
        _ = Script("migrate", "echo at work; exec sleep 1000");
        var preparing = Preparer().PrepareAsync(progress.Add, arbiter: null, Limit(stopping.Token));
        await logs.SaidAsync("at work");

        await stopping.CancelAsync();

        var fault = await Assert.ThrowsAsync<StartupException>(() => preparing);
        Assert.Equal("migrate: it was ended before its end; not undone: whatever migrate changed", fault.Message);
        Assert.Empty(Children.Marked("PRISM_TEST", mark));
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_has_succeeded_for_a_release_that_is_known_is_not_collected_again_and_without_a_question_to_a_database_migrate_is()
    {
        next = Named("one");
        _ = await ReloadAsync();

        var release = await ReloadAsync();

        Assert.Equal("not undone: whatever migrate changed", release.NotUndone);
        Assert.Equal(["migrate one", "migrate one", "collectstatic one"], Ran.Where(line => line[0] != 'g'));
        Assert.Contains(logs.All, line => line.StartsWith("The static files are complete already: ", StringComparison.Ordinal));
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("Always", 2)]
    [InlineData("Changed", 1)]
    [InlineData("Never", 0)]
    public async Task The_configuration_says_when_a_step_is_run(string policy, int times)
    {
        next = Named("one") with { Steps = first.Steps with { MigrateWhen = StepPolicy.Never, CollectstaticWhen = Enum.Parse<StepPolicy>(policy) } };
        _ = await ReloadAsync();
        _ = await ReloadAsync();

        Assert.Equal(Enumerable.Repeat("collectstatic one", times), Ran.Where(line => line[0] != 'g'));
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_is_forced_is_run_whatever_the_configuration_says()
    {
        var never = first.Steps with { MigrateWhen = StepPolicy.Never, CollectstaticWhen = StepPolicy.Never };
        next = Named("one") with { Steps = never.Forced() };

        _ = await ReloadAsync();

        Assert.Equal(["migrate one", "collectstatic one"], Ran.Where(line => line[0] != 'g'));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_release_by_another_name_or_another_setting_is_collected_and_other_secrets_are_no_reason()
    {
        async Task<int> CollectedAsync(SupervisorOptions options)
        {
            var before = Ran.Count(line => line[0] == 'c');
            next = options;
            _ = await ReloadAsync();
            return Ran.Count(line => line[0] == 'c') - before;
        }

        Assert.Equal(1, await CollectedAsync(Named("one")));
        Assert.Equal(1, await CollectedAsync(Named("two")));
        Assert.Equal(1, await CollectedAsync(Named("two") with { Environment = new Dictionary<string, string>(first.Environment) { ["DEBUG"] = "1" } }));
        _ = folder.WriteSecret("prism.env", "SECRET_KEY=two\n");
        Assert.Equal(0, await CollectedAsync(Named("two") with { Environment = new Dictionary<string, string>(first.Environment) { ["DEBUG"] = "1" } }));
        Directory.Delete(folder["staticfiles.releases"], recursive: true);
        Assert.Equal(1, await CollectedAsync(Named("two") with { Environment = new Dictionary<string, string>(first.Environment) { ["DEBUG"] = "1" } }));
        Assert.Equal(1, await CollectedAsync(first));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_release_without_a_name_is_told_of_once()
    {
        const string told = "What has been done already cannot be known, and is done each time: give the release a name (release.id), or its commands by their paths in /nix/store";
        var preparer = Preparer();
        _ = await preparer.PrepareAsync(progress.Add, arbiter: null, Limit(Stop));
        _ = await preparer.PrepareAsync(progress.Add, arbiter: null, Limit(Stop));

        Assert.Single(logs.All, told);
        Assert.Equal(4, Ran.Count(line => line[0] != 'g'));
    }

    [Fact(Timeout = HangGuard)]
    public async Task The_points_of_a_crash_are_passed_by_a_step_that_is_skipped_too()
    {
        next = Named("one") with { Steps = first.Steps with { MigrateWhen = StepPolicy.Never, CollectstaticWhen = StepPolicy.Never } };
        using var reached = Open(await Fifo.MakeAsync(folder["reached"]));
        using var go = Open(await Fifo.MakeAsync(folder["go"]));
        using var told = new StreamReader(reached);
        var preparing = Task.Run(() => Preparer(new CrashPoints(folder.Path)).PrepareAsync(progress.Add, arbiter: null, Limit(Stop)), Stop);

        var points = new List<string>();
        while (!(points.Contains("reload/migrate done") && points.Contains("reload/collectstatic done")))
        {
            points.Add(await told.ReadLineAsync(Stop) ?? "");
            go.Write("\n"u8);
        }

        _ = await preparing;
    }

    /// <summary>Nobody answers where the database should be, and no clock runs. After STOPPING=1 nothing starts.</summary>
    [Theory(Timeout = HangGuard)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_launched_ahead_is_gone_when_a_stop_ends_the_start_and_never_launched_after_one(bool isLaunchedFirst)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        _ = Script("gunicorn", "exec sleep 1000");
        var steps = first.Steps with { Migrate = [], Collectstatic = [] };
        _ = await Preparer(from: Named("one") with { Steps = steps }).PrepareFirstAsync(progress.Add, ahead: null, Stop);
        var database = new Dictionary<string, string>(first.Environment)
        {
            ["USE_POSTGRES"] = "true",
            ["POSTGRES_HOST"] = "127.0.0.1",
            ["POSTGRES_PORT"] = ((IPEndPoint)silent.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture),
        };
        time = new FakeTimeProvider();
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        using var ahead = new HeadStart(
            new GenerationLauncher(folder.Path, [], Programs.Launcher, time, logs.CreateLogger<GenerationLauncher>()), 1, stopping.Cancel, time, logs.CreateLogger<HeadStart>());

        var preparer = Preparer(from: Named("one") with { Steps = steps, Environment = database });
        if (!isLaunchedFirst)
        {
            await stopping.CancelAsync();
        }

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await preparer.PrepareFirstAsync(progress.Add, ahead, stopping.Token));
        Assert.Equal(isLaunchedFirst ? 1 : 0, logs.All.Count(line => line.StartsWith("Started gunicorn ", StringComparison.Ordinal)));
        Assert.Equal(isLaunchedFirst ? 1 : 0, logs.All.Count(line => line.EndsWith("which was started ahead: the start goes no further", StringComparison.Ordinal)));
        Assert.Empty(Children.Marked("PRISM_TEST", mark));
    }

    private SupervisorOptions Named(string release) => first with { ReleaseId = release };

    private static FileStream Open(string fifo) => new(fifo, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);

    private static ReloadTime Limit(CancellationToken stopping) => new(TimeSpan.FromMinutes(7), TimeProvider.System, stopping);

    private Task<Release> ReloadAsync() => Preparer().PrepareAsync(progress.Add, arbiter: null, Limit(Stop));

    private async Task<string> FailureAsync() => (await Assert.ThrowsAsync<StartupException>(ReloadAsync)).Message;

    private ReleasePreparer Preparer(CrashPoints? points = null, SupervisorOptions? from = null) => new(() => next, from ?? first, TestOptions.NoEnvironment, NothingPassed(), Programs.Launcher, points ?? new CrashPoints(null), time, logs, static _ => { }, CancellationToken.None);

    private static PassedDescriptors NothingPassed() => new(TestOptions.NoEnvironment);

    /// <summary>Notes its name, its arguments and the secret, then does what it is told.</summary>
    private string Script(string name, string more = ":", string version = "exec echo 'gunicorn (version 25.3.0)'") => folder.WriteScript(name, $"""
        #!/bin/sh
        case "$*" in *--version) {version} ;; esac
        echo "${"{0##*/}"}${"{*:+ $*}"} $SECRET_KEY" >>{folder["ran"]}
        {more}

        """);
}
