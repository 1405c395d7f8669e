using Microsoft.Extensions.Logging;
using Prism.Supervisor.Database;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests;

/// <summary>With a program and its three children in the place of the arbiter and its workers, and a folder in that of /sys/fs/cgroup.</summary>
[Trait("ring", "process")]
public sealed class RoomForTwoTests : IAsyncLifetime
{
    private readonly TempFolder proc = new();
    private readonly TempFolder groups = new();
    private readonly RecordingLogger<RoomForTwo> log = new();
    private ConnectionAnswer answer = new ConnectionAnswer.Unknown("nobody is there");
    private ChildProcess arbiter = null!;

    public async ValueTask InitializeAsync()
    {
        arbiter = await Programs.Launcher.LaunchAsync(Programs.Script("""
            import os, signal
            for _ in range(3):
                if os.fork() == 0:
                    signal.pause()
            print("forked", flush=True)
            signal.pause()
            """));
        Assert.Equal("forked", await arbiter.Output.ReadAsync(TestContext.Current.CancellationToken));
        _ = Directory.CreateSymbolicLink(proc[$"{arbiter.Pid}"], $"/proc/{arbiter.Pid}");
        _ = Directory.CreateDirectory(proc["self"]);
        _ = proc.Write("self/cgroup", "0::/prism\x1b.service\n");
        _ = Directory.CreateDirectory(groups["prism\x1b.service"]);
    }

    public async ValueTask DisposeAsync()
    {
        _ = await Programs.Launcher.KillTreeAsync(arbiter);
        _ = arbiter.Signal(Signals.Kill);
        _ = await arbiter.Exited;
        proc.Dispose();
        groups.Dispose();
    }

    [Fact]
    public async Task Where_nothing_can_be_known_nothing_is_said()
    {
        Assert.Empty(await CheckAsync(("USE_POSTGRES", "1")));
        Assert.Equal([(LogLevel.Debug, "The database could not be asked whether it has connections for two generations: nobody is there")], log.Entries);
    }

    [Fact]
    public async Task A_site_without_PostgreSQL_asks_for_no_connections()
    {
        answer = new ConnectionAnswer.Full(ConnectionLimit.Role);

        Assert.Empty(await CheckAsync());
        Assert.Empty(log.Entries);
    }

    [Fact]
    public async Task Memory_and_connections_have_a_line_each()
    {
        _ = groups.Write("prism\x1b.service/memory.current", "1000000");
        _ = groups.Write("prism\x1b.service/memory.max", "2097152");
        answer = new ConnectionAnswer.Counted(5, 1, 2, null, 2, null, 2, 2);

        var lines = await CheckAsync(("USE_POSTGRES", "1"));

        Assert.Equal(2, lines.Count);
        Assert.Matches("this one holds [1-9][0-9]* MB, and of MemoryMax=2M of prism .service 1 MB are left", lines[0]);
        Assert.Contains("2 are in use, and the next generation takes up to 3 more", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_worker_counts_for_a_connection_where_the_site_holds_fewer()
    {
        answer = new ConnectionAnswer.Counted(10, 0, 8, null, 0, null, 0, 0);

        Assert.Contains("takes up to 3 more", Assert.Single(await CheckAsync(("USE_POSTGRES", "1"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_that_cannot_be_is_a_line_and_no_failure() =>
        Assert.Equal(["POSTGRES_PORT: the port is no number from 1 to 65535: the site will not find its database"], await CheckAsync(("USE_POSTGRES", "1"), ("POSTGRES_PORT", "hush")));

    private Task<IReadOnlyList<string>> CheckAsync(params (string Name, string Value)[] variables) =>
        Room().CheckAsync(name => variables.FirstOrDefault(pair => pair.Name == name).Value, arbiter.Pid, TestContext.Current.CancellationToken);

    private RoomForTwo Room() => new((_, _) => Task.FromResult(answer), proc.Path, groups.Path, log);
}
