using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Gunicorn;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Gunicorn;

/// <summary>Real processes that play arbiters (Dummies/arbiter.py), and a clock that stands still.</summary>
[Trait("ring", "process")]
public sealed class HeadStartTests : IDisposable
{
    private const int HangGuard = 300_000;
    private const int Number = 1;

    private readonly TempFolder folder = new();
    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly FakeTimeProvider time = new();
    private readonly RecordingLogger<GenerationLauncher> launches = new();
    private readonly RecordingLogger<HeadStart> log = new();
    private readonly GenerationLauncher launcher;
    private readonly string mark = Guid.NewGuid().ToString();
    private readonly Release release;
    private readonly TaskCompletionSource launched = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HeadStart ahead;

    public HeadStartTests()
    {
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        launcher = new GenerationLauncher(folder.Path, [socket], Programs.Launcher, time, launches);
        ahead = new HeadStart(launcher, Number, launched.SetResult, time, log);
        release = Of(File.CreateSymbolicLink(folder["arbiter"], Programs.Python).FullName);
    }

    private string[] Launches => [.. launches.Entries.Select(entry => entry.Text).Where(text => text.StartsWith("Started ", StringComparison.Ordinal))];

    private int Running => Children.Marked("PRISM_TEST", mark).Count;

    public void Dispose()
    {
        ahead.Dispose();
        socket.Dispose();
        folder.Dispose();
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_was_launched_ahead_is_what_the_first_launch_yields()
    {
        ahead.Begin(release);
        await launched.Task;

        await ahead.HandOverAsync(release with { Environment = release.Environment.With("A", "1") });
        await using var generation = await LaunchAsync();

        Assert.Equal([$"Started arbiter (pid {generation.ArbiterPid}), generation 1"], Launches);
        Assert.Empty(log.Entries);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Only_the_launch_of_its_number_yields_it_and_a_crash_starts_another()
    {
        ahead.Begin(release);
        await ahead.HandOverAsync(release);
        await (await LaunchAsync()).DisposeAsync();

        await using var next = await LaunchAsync();

        Assert.Equal(2, Launches.Length);
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_is_handed_over_for_good()
    {
        ahead.Begin(release);
        await ahead.HandOverAsync(release);

        await ahead.EndAsync("migrate has to come first");
        time.Advance(HeadStart.Limit);

        await using var generation = await LaunchAsync();
        Assert.Single(Launches);
        Assert.Empty(log.Entries);
        Assert.Equal(1, Running);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Before_anything_is_changed_it_is_gone()
    {
        ahead.Begin(release);
        await ahead.EndAsync("migrate has to come first");

        Assert.Equal(0, Running);
        Assert.Matches(@"^Ended arbiter \(pid \d+\), generation 1, which was started ahead: migrate has to come first$", Assert.Single(log.Entries).Text);
        await ahead.HandOverAsync(release);
        await using var generation = await LaunchAsync();
        Assert.Equal(2, Launches.Length);
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_is_ended_when_what_comes_before_it_takes_long()
    {
        ahead.Begin(release);
        time.Advance(HeadStart.Limit - TimeSpan.FromMilliseconds(1));
        Assert.Empty(log.Entries);
        time.Advance(TimeSpan.FromMilliseconds(1));

        await log.SaidAsync(text => text.EndsWith(": whether anything has to come first is not known after 75 ms", StringComparison.Ordinal));
        await ahead.EndAsync("once is enough");

        Assert.Equal(0, Running);
        Assert.Single(log.Entries);
    }

    /// <summary>A wrapper may be in the middle of something.</summary>
    [Fact(Timeout = HangGuard)]
    public async Task It_is_asked_to_go_before_it_is_killed()
    {
        var begun = await Fifo.MakeAsync(folder["begun"]);
        var wrapper = folder.WriteScript("wrapper", $"#!/bin/sh\ntrap 'echo >{folder["tidied"]}; exit 0' TERM\necho >{begun}\nwhile :; do sleep 0.01; done\n");
        ahead.Begin(Of(wrapper));
        await launched.Task;
        _ = await File.ReadAllTextAsync(begun, TestContext.Current.CancellationToken);

        await ahead.EndAsync("migrate has to come first");

        Assert.True(File.Exists(folder["tidied"]));
        Assert.Equal(0, Running);
    }

    [Fact(Timeout = HangGuard)]
    public async Task Another_environment_is_another_server()
    {
        ahead.Begin(release);
        await ahead.HandOverAsync(release with { Environment = release.Environment.With("STATIC_ROOT", "/elsewhere") });

        await AssertEndedAsync();
    }

    [Fact(Timeout = HangGuard)]
    public async Task Another_version_of_Gunicorn_is_another_server()
    {
        ahead.Begin(release);
        await ahead.HandOverAsync(release with { Version = new Version(25, 0) });

        await AssertEndedAsync();
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_cannot_be_launched_is_told_in_its_turn()
    {
        var missing = Of(folder["missing"]);
        ahead.Begin(missing);
        await ahead.HandOverAsync(missing);

        Assert.Empty(log.Entries);
        var failure = await Assert.ThrowsAsync<StartupException>(() => launcher.LaunchAsync(Number, missing, isCanary: false));
        Assert.Contains("missing cannot be started", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_was_never_begun_is_neither_ended_nor_handed_over()
    {
        await ahead.EndAsync("migrate has to come first");
        await ahead.HandOverAsync(release);

        Assert.Empty(log.Entries);
        Assert.Empty(Launches);
    }

    private async Task AssertEndedAsync()
    {
        Assert.Equal(0, Running);
        Assert.EndsWith(": the release has turned out to be another", Assert.Single(log.Entries).Text, StringComparison.Ordinal);
        await using var generation = await LaunchAsync();
        Assert.Equal(2, Launches.Length);
    }

    /// <summary>Ended with the test.</summary>
    private async Task<Ending> LaunchAsync() => new(await launcher.LaunchAsync(Number, release, isCanary: false));

    private Release Of(string program)
    {
        var options = TestOptions.Default with
        {
            StateDirectory = folder.Path,
            Gunicorn = new GunicornOptions([program, "-u", Programs.Dummy("arbiter.py"), "graceful"], TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60)),
        };
        var environment = ProcessEnvironment.Empty.With("PATH", "/usr/bin:/bin").With("PRISM_TEST", mark).With("A", "1");
        return new Release(options, environment, new Redactor([]), program, Version: null, NotUndone: null);
    }

    private sealed class Ending(Generation generation) : IAsyncDisposable
    {
        public int ArbiterPid => generation.ArbiterPid;

        public async ValueTask DisposeAsync()
        {
            _ = await generation.EndAsync(TimeSpan.Zero);
            generation.Dispose();
        }
    }
}
