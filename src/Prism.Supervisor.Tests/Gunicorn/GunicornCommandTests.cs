using Prism.Supervisor.Configuration;
using Prism.Supervisor.Gunicorn;

namespace Prism.Supervisor.Tests.Gunicorn;

public sealed class GunicornCommandTests
{
    private static readonly GunicornLaunch Plain = new(Sockets: 1, SystemdProtocol: false, "/run/prism", Version: null, IsCanary: false);

    [Theory]
    [InlineData(1, 30, "-c site.py --bind fd://3 --backlog 65535 --graceful-timeout 30 --worker-tmp-dir /run/prism")]
    [InlineData(2, 30, "-c site.py --bind fd://3 --bind fd://4 --backlog 65535 --graceful-timeout 30 --worker-tmp-dir /run/prism")]
    [InlineData(1, 0, "-c site.py --bind fd://3 --backlog 65535 --graceful-timeout 0 --worker-tmp-dir /run/prism")]
    [InlineData(1, 0.5, "-c site.py --bind fd://3 --backlog 65535 --graceful-timeout 1 --worker-tmp-dir /run/prism")]
    public void Ours_follows_what_was_configured(int sockets, double seconds, string expected) =>
        Assert.Equal(expected, Arguments(Plain with { Sockets = sockets }, seconds));

    [Fact]
    public void Sockets_that_come_by_LISTEN_FDS_are_not_bound() =>
        Assert.Equal("-c site.py --backlog 65535 --graceful-timeout 30 --worker-tmp-dir /run/prism", Arguments(Plain with { Sockets = 2, SystemdProtocol = true }));

    [Theory]
    [InlineData("20.1.0", false)]
    [InlineData("25.0.3", false)]
    [InlineData("25.1", true)]
    [InlineData("25.1.0", true)]
    [InlineData("26.0.0", true)]
    [InlineData(null, false)]
    public void The_control_socket_is_refused_where_there_is_one(string? version, bool isRefused) =>
        Assert.Equal(isRefused, Arguments(Plain with { Version = version is null ? null : Version.Parse(version) }).EndsWith(" --no-control-socket", StringComparison.Ordinal));

    [Fact]
    public void A_canary_has_one_worker_whatever_was_configured() =>
        Assert.Equal(
            "--workers 9 --bind fd://3 --backlog 65535 --graceful-timeout 30 --worker-tmp-dir /run/prism --no-control-socket --workers 1",
            Arguments(Plain with { IsCanary = true, Version = new Version(26, 1, 0) }, 30, "--workers", "9"));

    private static string Arguments(GunicornLaunch how, double seconds = 30, params string[] configured)
    {
        var own = configured.Length > 0 ? configured : ["-c", "site.py"];
        var options = new GunicornOptions(["prism-gunicorn", .. own], TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(60));
        return string.Join(' ', GunicornCommand.Arguments(options, how));
    }
}
