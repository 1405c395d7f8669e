using Microsoft.Extensions.Logging;
using Prism.Supervisor.Interop;
using Prism.Supervisor.StaticFiles;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.StaticFiles;

/// <summary>Real folders, and in the place of collectstatic a function that writes what a release has.</summary>
public sealed class StaticCollectorTests : IDisposable
{
    private const string One = "1111111111111111111111111111111111111111";
    private const string Two = "2222222222222222222222222222222222222222";
    private const string Three = "3333333333333333333333333333333333333333";

    private readonly TempFolder folder = new();
    private readonly RecordingLogs logs = new();
    private readonly List<string> collectedInto = [];
    private StaticCollector collector;

    public StaticCollectorTests() => collector = NewCollector();

    private string Public => folder["static"];

    private string Store => folder["static.releases"];

    private string[] Releases => [.. Directory.EnumerateDirectories(Store).Where(path => new DirectoryInfo(path).LinkTarget is null).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public void Dispose()
    {
        logs.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_release_collects_into_a_folder_that_nobody_serves_yet()
    {
        var release = await CollectAsync(One, ("css/a.css", "a"));

        Assert.StartsWith($"{Store}/half-", Assert.Single(collectedInto), StringComparison.Ordinal);
        Assert.Equal($"{Store}/{One[..32]}", release!.Folder);
        Assert.Equal("a", File.ReadAllText(Path.Combine(release.Folder, "css/a.css")));
        Assert.False(Path.Exists(Public));
        Assert.Equal([One[..32]], Releases);
    }

    [Fact]
    public async Task The_public_path_leads_to_what_has_proven_itself()
    {
        await DeployAsync(One, ("a.css", "old"));
        var next = await CollectAsync(Two, ("a.css", "new"));

        Assert.Equal("old", Served("a.css"));
        next!.Proven();

        Assert.Equal("new", Served("a.css"));
        Assert.Equal($"static.releases/{Two[..32]}", new FileInfo(Public).LinkTarget);
        Assert.Empty(logs.Warnings);
    }

    [Fact]
    public async Task The_same_fingerprint_and_a_complete_folder_is_nothing_to_collect()
    {
        await DeployAsync(One, ("a.css", "a"));
        collector = NewCollector();

        var again = await CollectAsync(One);

        Assert.Equal($"{Store}/{One[..32]}", again!.Folder);
        _ = Assert.Single(collectedInto);
    }

    [Fact]
    public async Task A_folder_that_lacks_a_file_is_collected_anew_beside_it()
    {
        await DeployAsync(One, ("a.css", "a"), ("b.css", "b"));
        File.Delete(Path.Combine(Store, One[..32], "b.css"));

        var again = await CollectAsync(One, ("a.css", "a"), ("b.css", "b"));

        Assert.True(File.Exists(Path.Combine(again!.Folder, "b.css")));
        Assert.Equal(2, collectedInto.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a{")]
    [InlineData("a{}\n")]
    public async Task A_folder_with_a_file_that_was_cut_or_emptied_is_collected_anew_beside_it(string left)
    {
        await DeployAsync(One, ("css/a.css", "a{}"), ("b.css", ""));
        File.WriteAllText(Path.Combine(Store, One[..32], "css/a.css"), left);
        collector = NewCollector();

        await DeployAsync(One, ("css/a.css", "a{}"), ("b.css", ""));

        Assert.Equal(2, collectedInto.Count);
        Assert.Equal("a{}", Served("css/a.css"));
    }

    [Fact]
    public async Task What_is_forced_is_collected_again_and_kept_only_when_it_differs()
    {
        await DeployAsync(One, ("a.css", "a"));

        Assert.Equal($"{Store}/{One[..32]}", (await CollectForcedAsync(One, ("a.css", "a")))!.Folder);
        Assert.Equal($"{Store}/{One[..32]}.2", (await CollectForcedAsync(One, ("a.css", "b")))!.Folder);
        Assert.Equal(3, collectedInto.Count);
        Assert.Equal("a", Served("a.css"));
    }

    [Fact]
    public async Task What_is_left_out_is_served_as_it_is()
    {
        Assert.Null(await collector.PrepareAsync(Request(One) with { IsLeftOut = true }, _ => throw new InvalidOperationException()));
        await DeployAsync(One, ("a.css", "a"));

        Assert.Equal($"{Store}/{One[..32]}", (await collector.PrepareAsync(Request(Two) with { IsLeftOut = true }, _ => throw new InvalidOperationException()))!.Folder);
        Assert.Empty(logs.Warnings);
    }

    [Fact]
    public async Task Without_a_fingerprint_it_is_collected_each_time_and_a_restart_keeps_the_folder()
    {
        await DeployAsync(null, ("a.css", "a"), ("b.1.css", "b"));
        await DeployAsync(null, ("a.css", "a"), ("b.2.css", "b"));
        var before = new FileInfo(Public).LinkTarget;

        await DeployAsync(null, ("a.css", "a"), ("b.2.css", "b"));

        Assert.Equal(3, collectedInto.Count);
        Assert.Equal(before, new FileInfo(Public).LinkTarget);
        Assert.Equal("b", Served("b.1.css"));
    }

    [Fact]
    public async Task The_previous_release_s_own_files_stay_until_the_next_deploy()
    {
        await DeployAsync(One, ("x/a.1.css", "1"), ("staticfiles.json", "one"), ("only-one.json", "{}"));
        await DeployAsync(Two, ("x/a.2.css", "2"), ("staticfiles.json", "two"));

        Assert.Equal(("1", "2", "two", "{}"), (Served("x/a.1.css"), Served("x/a.2.css"), Served("staticfiles.json"), Served("only-one.json")));

        await DeployAsync(Three, ("x/a.3.css", "3"));

        Assert.Equal(["x/a.2.css", "x/a.3.css"], ServedPaths());
        Assert.Equal([Two[..32], Three[..32]], Releases);
    }

    [Theory]
    [InlineData("nowhere", "nowhere, where nothing is")]
    [InlineData(".", ".")]
    public async Task A_link_in_the_place_of_the_store_is_named_with_what_to_do(string target, string words)
    {
        _ = File.CreateSymbolicLink(Store, target);

        var fault = await Assert.ThrowsAsync<StartupException>(() => collector.PrepareAsync(Request(One) with { Kept = [folder.Path] }, _ => throw new InvalidOperationException()));

        Assert.Equal($"static.path: there is no room for the releases of {Public}: {Store} is a link (to {words}) and has to be a folder of its own: remove the link", fault.Message);
    }

    [Fact]
    public async Task What_is_lent_takes_no_room()
    {
        await DeployAsync(One, ("a.css", "a"));
        await DeployAsync(Two, ("b.css", "b"));

        Assert.True(Folder.EntryAt(Path.Combine(Store, One[..32], "a.css"))!.Value.IsSameAs(Folder.EntryAt(Path.Combine(Store, Two[..32], "a.css"))!.Value));
    }

    [Fact]
    public async Task A_roll_back_collects_nothing_and_still_has_the_files_of_what_it_replaces()
    {
        await DeployAsync(One, ("a.1.css", "1"));
        await DeployAsync(Two, ("a.2.css", "2"));

        await DeployAsync(One);

        Assert.Equal(2, collectedInto.Count);
        Assert.Equal(["a.1.css", "a.2.css"], ServedPaths());
        Assert.Equal($"static.releases/{One[..32]}.2", new FileInfo(Public).LinkTarget);
    }

    [Fact]
    public async Task A_release_that_did_not_prove_itself_is_there_for_the_next_try_and_gone_with_the_next_other_one()
    {
        await DeployAsync(One, ("a.css", "1"));
        _ = await CollectAsync(Two, ("a.css", "2"));

        Assert.Equal($"{Store}/{Two[..32]}", (await CollectAsync(Two))!.Folder);
        _ = await CollectAsync(Three, ("a.css", "3"));

        Assert.Equal([One[..32], Three[..32]], Releases);
        Assert.Equal("1", Served("a.css"));
    }

    [Fact]
    public async Task A_failed_collection_leaves_nothing_and_changes_nothing()
    {
        await DeployAsync(One, ("a.css", "1"));

        _ = await Assert.ThrowsAsync<StartupException>(() => collector.PrepareAsync(Request(Two), path =>
        {
            File.WriteAllText(Path.Combine(path, "half.css"), "");
            throw new StartupException(ExitCode.CollectstaticFailed, "no");
        }));

        Assert.Equal([One[..32]], Releases);
        Assert.Equal("1", Served("a.css"));
    }

    [Theory]
    [InlineData("OSError: [Errno 28] No space left on device: '/x'")]
    [InlineData("OSError: [Errno 122] Disk quota exceeded")]
    public async Task A_full_disk_is_one_line_with_what_it_takes(string words)
    {
        await DeployAsync(One, ("a.css", new string('a', 3 << 20)));

        var fault = await Assert.ThrowsAsync<StartupException>(() => collector.PrepareAsync(Request(Two), path =>
        {
            File.WriteAllBytes(Path.Combine(path, "half.css"), new byte[1 << 20]);
            throw new StartupException(ExitCode.CollectstaticFailed, $"prism-collectstatic exited with code 1: {words}");
        }));

        Assert.Equal(ExitCode.CollectstaticFailed, fault.Code);
        Assert.Matches($@"^no space is left for the static files: {Store} has [0-9.]+ MB free \(df, df -i, quota\) now that the 1\.0 MB that were collected are removed again; those of the release that serves take 3\.0 MB; make room there and try again$", fault.Message);
        Assert.Equal([One[..32]], Releases);
    }

    [Fact]
    public async Task The_group_reads_it_whatever_the_settings_made_of_it()
    {
        var release = await CollectAsync(One, path =>
        {
            _ = Directory.CreateDirectory(Path.Combine(path, "css"));
            File.WriteAllText(Path.Combine(path, "css/a.css"), "");
            File.WriteAllText(Path.Combine(path, "open.css"), "");
            File.SetUnixFileMode(Path.Combine(path, "open.css"), (UnixFileMode)0x1b6);
            File.SetUnixFileMode(Path.Combine(path, "css/a.css"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.SetUnixFileMode(Path.Combine(path, "css"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        });

        Assert.Equal(
            (0x1a0, 0x1e8, 0x1b6, 0x1ed, 0x1ed),
            (Mode($"{release!.Folder}/css/a.css"), Mode($"{release.Folder}/css"), Mode($"{release.Folder}/open.css"), Mode(release.Folder), Mode(Store)));
    }

    [Fact]
    public async Task A_site_that_does_not_let_itself_be_told_where_is_warned_about_and_served_as_it_was()
    {
        _ = Directory.CreateDirectory(Public);
        File.WriteAllText(Path.Combine(Public, "a.css"), "a");

        Assert.Null(await CollectAsync(One));

        Assert.StartsWith("collectstatic has put nothing into the folder of this release (STATIC_ROOT): ", Assert.Single(logs.Warnings), StringComparison.Ordinal);
        Assert.Empty(Releases);
        Assert.Null(new FileInfo(Public).LinkTarget);
    }

    [Fact]
    public async Task What_a_killed_supervisor_left_half_made_goes_and_what_is_not_ours_stays()
    {
        await DeployAsync(One, ("a.css", "a"));
        foreach (var name in (string[])["half-0123456789ab/x", "found-0123456789ab", new string('a', 32), "mine", "half-mine", "2024", "beef"])
        {
            _ = Directory.CreateDirectory(Path.Combine(Store, name));
        }

        _ = File.CreateSymbolicLink(Path.Combine(Store, "link-0123456789ab"), "/etc");
        foreach (var name in (string[])[$"{new string('f', 32)}.files", "beef.files", $"{One[..32]}.files.new", "notes.files.txt"])
        {
            File.WriteAllText(Path.Combine(Store, name), "");
        }

        _ = await CollectAsync(One);

        Assert.Equal([One[..32], "2024", "beef", "half-mine", "mine"], Releases);
        Assert.Equal([$"{One[..32]}.files", "beef.files", "current", "notes.files.txt"], Directory.EnumerateFileSystemEntries(Store).Select(path => Path.GetFileName(path)).Except(Releases).Order(StringComparer.Ordinal));
        Assert.True(Directory.Exists("/etc"));
    }

    [Fact]
    public async Task What_another_supervisor_is_at_is_left_to_it()
    {
        var other = NewCollector();
        var begun = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        var theirs = other.PrepareAsync(Request(One), async path =>
        {
            File.WriteAllText(Path.Combine(path, "a.css"), "theirs");
            begun.SetResult();
            await goOn.Task;
        });
        await begun.Task;

        var ours = await CollectAsync(One, ("a.css", "ours"));
        goOn.SetResult();

        Assert.Equal(($"{Store}/{One[..32]}", $"{Store}/{One[..32]}.2"), (ours!.Folder, (await theirs)!.Folder));
        _ = await CollectAsync(Two, ("a.css", "2"));
        Assert.Contains($"{One[..32]}.2", Releases);
    }

    [Fact]
    public async Task A_folder_that_was_there_lends_its_files_once_and_goes_with_the_next_deploy()
    {
        Write(Public, ("old.css", "old"), ("a.css", "old"), ("staticfiles.json", "old"));

        var release = await CollectAsync(One, ("a.css", "new"));
        Assert.Equal("old", Served("a.css"));
        release!.Proven();
        await collector.Sweeping;

        Assert.Equal(["a.css", "old.css"], ServedPaths());
        Assert.Equal("new", Served("a.css"));
        Assert.StartsWith("found-", Releases[1], StringComparison.Ordinal);

        await DeployAsync(Two, ("a.css", "newer"));

        Assert.Equal(["a.css"], ServedPaths());
        Assert.Equal([One[..32], Two[..32]], Releases);
        Assert.Empty(logs.Warnings);
    }

    [Fact]
    public async Task A_folder_that_was_there_lends_also_when_the_first_start_failed()
    {
        Write(Public, ("old.css", "old"));
        _ = await CollectAsync(One, ("a.css", "new"));
        collector = NewCollector();

        await DeployAsync(One);

        _ = Assert.Single(collectedInto);
        Assert.Equal(["a.css", "old.css"], ServedPaths());
    }

    [Fact]
    public async Task A_release_that_retires_keeps_its_folder_whatever_became_of_the_records()
    {
        await DeployAsync(One, ("a.css", "1"));
        await DeployAsync(Two, ("a.css", "2"));
        File.Delete(Path.Combine(Store, "previous"));

        _ = await CollectAsync(Three, ("a.css", "3"));

        Assert.Contains(One[..32], Releases);
    }

    [Fact]
    public async Task A_release_proves_itself_once()
    {
        var first = await CollectAsync(One, ("a.css", "1"));
        first!.Proven();
        await DeployAsync(Two, ("a.css", "2"));

        first.Proven();

        Assert.Equal("2", Served("a.css"));
    }

    [Fact]
    public async Task A_store_that_is_a_link_is_not_followed()
    {
        _ = Directory.CreateDirectory(folder["other"]);
        _ = folder.Write("other/keep", "k");
        _ = Directory.CreateSymbolicLink(Store, "other");

        var release = await CollectAsync(One, ("a.css", "a"));

        Assert.StartsWith(folder["state/"], release!.Folder, StringComparison.Ordinal);
        Assert.Equal([folder["other/keep"]], Directory.GetFileSystemEntries(folder["other"]));
    }

    [Fact]
    public async Task What_is_expected_is_what_has_served_last()
    {
        Assert.Null(StaticCollector.Expect(Request(One)));
        var first = await CollectAsync(One, ("a.css", "a"));
        Assert.Null(StaticCollector.Expect(Request(One)));
        first!.Proven();

        Assert.Equal(first.Folder, StaticCollector.Expect(Request(One)));
        Assert.Null(StaticCollector.Expect(Request(Two)));
        Assert.Null(StaticCollector.Expect(Request(null)));
        Assert.Null(StaticCollector.Expect(Request(One) with { IsForced = true }));
        Assert.Equal(first.Folder, StaticCollector.Expect(Request(Two) with { IsLeftOut = true }));
    }

    /// <summary>Where nothing can be made beside the public path, the releases are in the state directory.</summary>
    [Fact]
    public async Task What_is_expected_is_found_in_the_state_directory_too()
    {
        _ = Directory.CreateDirectory(folder["state"]);
        var request = Request(One) with { PublicPath = "/proc/static" };
        var release = await collector.PrepareAsync(request, path =>
        {
            Write(path, ("a.css", "a"));
            return Task.CompletedTask;
        });
        release!.Proven();

        Assert.Equal($"{folder["state"]}/static.releases/{One[..32]}", StaticCollector.Expect(request));
    }

    private async Task DeployAsync(string? fingerprint, params (string Path, string Text)[] files)
    {
        var release = await CollectAsync(fingerprint, files);
        release!.Proven();
        await collector.Sweeping;
    }

    private Task<StaticRelease?> CollectAsync(string? fingerprint, params (string Path, string Text)[] files) => CollectAsync(fingerprint, path => Write(path, files));

    private Task<StaticRelease?> CollectAsync(string? fingerprint, Action<string> write) => collector.PrepareAsync(Request(fingerprint), path =>
    {
        collectedInto.Add(path);
        write(path);
        return Task.CompletedTask;
    });

    private Task<StaticRelease?> CollectForcedAsync(string fingerprint, params (string Path, string Text)[] files) => collector.PrepareAsync(Request(fingerprint) with { IsForced = true }, path =>
    {
        collectedInto.Add(path);
        Write(path, files);
        return Task.CompletedTask;
    });

    private StaticRequest Request(string? fingerprint) => new(Public, [folder["state"]], fingerprint);

    private StaticCollector NewCollector() => new(TimeProvider.System, new Logger<StaticCollector>(logs));

    private string Served(string path) => File.ReadAllText(Path.Combine(Public, path));

    private string[] ServedPaths()
    {
        using var served = Folder.At(Public);
        return [.. FileTree.Sizes(served!).Keys.Order(StringComparer.Ordinal)];
    }

    private static int Mode(string path) => (int)File.GetUnixFileMode(path);

    private static void Write(string path, params (string Path, string Text)[] files)
    {
        foreach (var (name, text) in files)
        {
            var file = Path.Combine(path, name);
            _ = Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }
    }
}
