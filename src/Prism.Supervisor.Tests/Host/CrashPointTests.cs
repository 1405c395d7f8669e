using System.Globalization;
using System.Text.Json.Nodes;
using Prism.Supervisor.Lifecycle;

namespace Prism.Supervisor.Tests.Host;

/// <summary>The supervisor is killed at every named point of a start, a reload and a stop: systemd starts it again, the site serves, no process is left over, no socket is lost.</summary>
public sealed class CrashPointTests(HostFixture fixture) : SiteTest(fixture)
{
    private const string Begun = "start/options read";
    private const string Served = "start/ready told";
    private const string Ahead = "start/generation launched ahead";
    private const string CanaryLaunched = "reload/canary launched";

    // A worker loses what it has in hand when it is killed: two of the old generation, two of the next one.
    private const int MostLost = 4;

    private Halts? halts;
    private int release;

    private Halts Halts => halts ?? throw new InvalidOperationException("The hook is there once the test has begun.");

    private string Release => $"release-{release}";

    private static string[] Of(string part) => [.. CrashPoints.All.Where(point => point.StartsWith($"{part}/", StringComparison.Ordinal))];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        halts = await Halts.InstallAsync(Host);
        // Kills in a row are what this is about: neither a limit nor a longer delay for each.
        await Site.OverrideUnitAsync($"""
            [Unit]
            StartLimitIntervalSec=0
            [Service]
            RestartSteps=0
            RestartMaxDelaySec=infinity
            ExecStart=
            ExecStart=/usr/bin/prism-supervisor run --config {Site.ConfigurationFile} --halt-at {Halts.Folder}
            """);
        await NextReleaseAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        if (halts is not null)
        {
            await halts.DisposeAsync();
            _ = await Host.ExecAsync("systemctl", "kill", "--signal=KILL", Site.Unit);
            _ = await Site.StopAsync();
        }
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Killed_during_a_start_that_finds_nothing()
    {
        foreach (var point in Of(CrashPoints.Start).TakeWhile(point => point != "start/sockets stored"))
        {
            var halted = Halts.HaltAtAsync(point);
            _ = (await Host.ExecAsync("systemctl", "start", "--no-block", Site.Unit)).Succeeded();
            await halted;
            await KillAndServeAsync(point, hadSocket: false);
            _ = await Site.StopAsync();
        }

        AssertAllAreNamed();
    }

    [Fact]
    public async Task Killed_during_a_start_that_finds_its_sockets()
    {
        await StartAsync();
        var visitors = await Newcomers.AskAsync(Host);
        var points = Of(CrashPoints.Start).Except([Ahead]).ToArray();
        foreach (var point in points)
        {
            await KillInRestartAsync(point);
        }

        await AssertNoneWasRefusedAsync(visitors, points.Length);
    }

    /// <summary>Of a release that is known, and has nothing to do before it serves: there, and once it was handed over.</summary>
    [Fact]
    public async Task Killed_when_a_generation_was_launched_ahead()
    {
        await NextReleaseAsync(configuration =>
        {
            configuration["release"] = new JsonObject { ["id"] = Release };
            configuration["steps"] = new JsonObject { ["migrate"] = new JsonArray(), ["collectstatic"] = new JsonArray() };
        });
        await StartAsync();
        var visitors = await Newcomers.AskAsync(Host);

        var points = Of(CrashPoints.Start).SkipWhile(point => point != Ahead).ToArray();
        foreach (var point in points)
        {
            await KillInRestartAsync(point);
        }

        await AssertNoneWasRefusedAsync(visitors, points.Length);
    }

    [Fact]
    public async Task Killed_during_a_reload()
    {
        await StartAsync();
        var visitors = await Newcomers.AskAsync(Host);
        var failing = Of(CrashPoints.Reload).Where(point => point.Contains("fail", StringComparison.Ordinal)).ToArray();
        foreach (var point in Of(CrashPoints.Reload))
        {
            await NextReleaseAsync();
            var fails = failing.Contains(point);
            var halted = Halts.HaltAtAsync(fails ? CanaryLaunched : point);
            var reload = Site.ReloadAsync();
            await halted;
            if (fails)
            {
                halted = Halts.HaltAtAsync(point);
                _ = await Host.ScriptAsync($"kill -KILL $(pgrep --newest --parent {await Site.MainPidAsync()})");
                Halts.Go();
                await halted;
            }

            // What the configuration says by now is what a new start brings, whether or not the reload had come to it.
            await KillAndServeAsync(point);
            Assert.True((await reload).ExitCode != 0 || point.EndsWith("told", StringComparison.Ordinal), $"{point}: systemctl reload succeeded");
        }

        await AssertNoneWasRefusedAsync(visitors, Of(CrashPoints.Reload).Length);
    }

    [Fact]
    public async Task Killed_during_a_stop()
    {
        foreach (var point in Of(CrashPoints.Stop))
        {
            await StartAsync();
            var halted = Halts.HaltAtAsync(point);
            var stop = Site.StopAsync();
            await halted;
            _ = await Host.ExecAsync("kill", "-KILL", (await SeeAsync()).MainPid);
            _ = await stop;

            // It was told to end, so systemd does not start it again; that it was killed all the same is told.
            var shown = await Site.ShowAsync("ActiveState", "Result");
            Assert.Equal((point, "failed", "signal"), (point, shown["ActiveState"], shown["Result"]));
            var after = await SeeAsync();
            Assert.True(after is { Processes.Count: 0, Socket: "", Stored: "0" }, $"{point}: {after}");
        }

        await StartAsync();
        Assert.Equal((200, Release), await AnswerAsync());
        AssertAllAreNamed();
    }

    private async Task StartAsync() => _ = (await Site.StartAsync()).Succeeded();

    /// <summary>Another release in the configuration, which whoever reads it from now on brings. Its steps and its canary are quick.</summary>
    private async Task KillInRestartAsync(string point)
    {
        var halted = Halts.HaltAtAsync(point);
        _ = (await Host.ExecAsync("systemctl", "restart", "--no-block", Site.Unit)).Succeeded();
        await halted;
        await KillAndServeAsync(point);
    }

    private Task NextReleaseAsync(Action<JsonObject>? change = null)
    {
        release++;
        var configuration = Site.DefaultConfiguration();
        configuration["environment"]!["PRISM_RELEASE"] = Release;
        configuration["steps"] = new JsonObject { ["migrate"] = "true", ["collectstatic"] = "true" };
        configuration["reload"] = new JsonObject { ["canarySeconds"] = 0.1 };
        change?.Invoke(configuration);
        return Site.WriteConfigurationAsync(configuration);
    }

    /// <summary>The supervisor halts: it is killed, and all must be well once the next one says that it is ready.</summary>
    private async Task KillAndServeAsync(string point, bool hadSocket = true)
    {
        var before = await SeeAsync();
        var begun = Halts.HaltAtAsync(Begun);
        _ = (await Host.ExecAsync("kill", "-KILL", before.MainPid)).Succeeded();
        await begun;
        var between = await SeeAsync();
        var served = Halts.PassesAsync(Served);
        Halts.Go();
        await served;
        var answer = await AnswerAsync();
        var after = await SeeAsync();

        // Before the next one has done anything.
        Assert.Equal((point, ""), (point, string.Join(' ', before.Processes.Intersect(between.Processes))));
        Assert.Equal((point, 200, Release), (point, answer.Status, answer.Release));
        Assert.Equal((point, "1"), (point, after.Stored));
        Assert.Equal((point, ""), (point, string.Join(' ', after.Files.Where(file => !file.Contains($".{after.MainPid}.", StringComparison.Ordinal)))));
        Assert.NotEqual(before.MainPid, after.MainPid);
        if (hadSocket)
        {
            Assert.Equal((point, before.Socket), (point, after.Socket));
            Assert.NotEqual("", after.Socket);
        }
    }

    private async Task<(int Status, string? Release)> AnswerAsync()
    {
        var page = await Site.GetAsync();
        return (page.Status, page.Status == 200 ? page.Json.GetProperty("release").GetString() : null);
    }

    private async Task AssertNoneWasRefusedAsync(Newcomers visitors, int kills)
    {
        var (answers, failures) = await visitors.EndAsync();
        Assert.DoesNotContain("ConnectionRefusedError", failures);
        Assert.InRange(failures.Values.Sum(), 0, kills * MostLost);
        Assert.InRange(answers, 10 * kills, int.MaxValue);
        AssertAllAreNamed();
    }

    private void AssertAllAreNamed() => Assert.Empty(Halts.Seen.Distinct().Except(CrashPoints.All));

    /// <summary>All processes of the site's user with the time they began, the inode of the listening socket, what is stored, and the sockets of generations.</summary>
    private async Task<Sight> SeeAsync()
    {
        var lines = (await Host.ScriptAsync($$"""
            systemctl show {{Site.Unit}} --property=MainPID,NFileDescriptorStore
            ss -Hltne 'sport = :8000' | sed -n 's/.* ino:\([0-9]*\).*/socket=\1/p'
            for pid in $(pgrep --uid prism); do
                stat=$(cat /proc/$pid/stat 2>/dev/null) || continue
                set -- ${stat##*) }
                [ $1 = Z ] || echo "process=$pid@${20}"
            done
            for file in /run/prism-django/notify.* /run/prism-django/probe.*; do
                [ ! -e $file ] || echo "file=$file"
            done
            """)).Text.Split('\n').Select(line => line.Split('=', 2)).ToLookup(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        return new Sight(lines["MainPID"].Single(), lines["NFileDescriptorStore"].Single(), string.Join(' ', lines["socket"]), [.. lines["process"]], [.. lines["file"]]);
    }

    private sealed record Sight(string MainPid, string Stored, string Socket, IReadOnlyList<string> Processes, IReadOnlyList<string> Files)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"main {MainPid}, {Stored} stored, socket '{Socket}', processes {string.Join(' ', Processes)}, files {string.Join(' ', Files)}");
    }
}
