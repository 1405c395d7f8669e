using Microsoft.Extensions.Logging;
using Prism.Supervisor.Database;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests;

/// <summary>With this process in the place of the arbiter, and a folder in that of /sys/fs/cgroup.</summary>
[Trait("ring", "process")]
public sealed class RoomForTwoTests : IDisposable
{
    private readonly TempFolder proc = new();
    private readonly TempFolder groups = new();
    private readonly RecordingLogger<RoomForTwo> log = new();
    private ConnectionAnswer answer = new ConnectionAnswer.Unknown("nobody is there");

    public RoomForTwoTests()
    {
        _ = Directory.CreateSymbolicLink(proc[$"{Environment.ProcessId}"], $"/proc/{Environment.ProcessId}");
        _ = Directory.CreateDirectory(proc["self"]);
        _ = proc.Write("self/cgroup", "0::/prism\x1b.service\n");
        _ = Directory.CreateDirectory(groups["prism\x1b.service"]);
    }

    public void Dispose()
    {
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
        answer = new ConnectionAnswer.Counted(10, 3, 2, null, 2, null, 2, 2);

        var lines = await CheckAsync(("USE_POSTGRES", "1"));

        Assert.Equal(2, lines.Count);
        Assert.Matches("this one holds [1-9][0-9]* MB, and of MemoryMax=2M of prism .service 1 MB are left", lines[0]);
        Assert.Contains("2 are in use, and the next generation takes up to 8 more", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_worker_counts_for_a_connection_where_the_settings_say_less()
    {
        var worker = await Programs.Launcher.LaunchAsync(Programs.Script("import signal; signal.pause()"));
        answer = new ConnectionAnswer.Counted(10, 0, 10, null, 0, null, 0, 0);
        try
        {
            var lines = await Room().CheckAsync(name => name == "USE_POSTGRES" ? "1" : null, Environment.ProcessId, connections: 0, TestContext.Current.CancellationToken);

            Assert.Matches("takes up to [1-9][0-9]* more", Assert.Single(lines));
        }
        finally
        {
            _ = worker.Signal(Signals.Kill);
            _ = await worker.Exited;
        }
    }

    [Fact]
    public async Task A_setting_that_cannot_be_is_a_line_and_no_failure() =>
        Assert.Equal(["POSTGRES_PORT: the port is no number from 1 to 65535: the site will not find its database"], await CheckAsync(("USE_POSTGRES", "1"), ("POSTGRES_PORT", "hush")));

    private Task<IReadOnlyList<string>> CheckAsync(params (string Name, string Value)[] variables) =>
        Room().CheckAsync(name => variables.FirstOrDefault(pair => pair.Name == name).Value, Environment.ProcessId, connections: 8, TestContext.Current.CancellationToken);

    private RoomForTwo Room() => new((_, _) => Task.FromResult(answer), proc.Path, groups.Path, log);
}
