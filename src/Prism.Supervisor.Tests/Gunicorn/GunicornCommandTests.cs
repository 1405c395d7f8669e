using Prism.Supervisor.Configuration;
using Prism.Supervisor.Gunicorn;

namespace Prism.Supervisor.Tests.Gunicorn;

public sealed class GunicornCommandTests
{
    [Theory]
    [InlineData(1, 30, "-c site.py --bind fd://3 --graceful-timeout 30")]
    [InlineData(2, 30, "-c site.py --bind fd://3 --bind fd://4 --graceful-timeout 30")]
    [InlineData(1, 0, "-c site.py --bind fd://3 --graceful-timeout 0")]
    [InlineData(1, 0.5, "-c site.py --bind fd://3 --graceful-timeout 1")]
    public void Ours_follows_what_was_configured(int sockets, double seconds, string expected)
    {
        var options = new GunicornOptions(["prism-gunicorn", "-c", "site.py"], TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(60));

        Assert.Equal(expected, string.Join(' ', GunicornCommand.Arguments(options, sockets)));
    }
}
