using Microsoft.Extensions.Logging;
using Prism.Supervisor.Gunicorn;

namespace Prism.Supervisor.Tests.Gunicorn;

public sealed class GunicornLogTests
{
    [Theory]
    [InlineData("[2026-11-23 05:00:32 +0000] [42] [CRITICAL] WORKER TIMEOUT (pid:43)", nameof(LogLevel.Critical))]
    [InlineData("[2026-11-23 05:00:32 +0000] [42] [ERROR] Exception in worker process", nameof(LogLevel.Error))]
    [InlineData("[2026-11-23 05:00:32 +0000] [42] [WARNING] Worker with pid 43 was terminated", nameof(LogLevel.Warning))]
    [InlineData("[2026-11-23 05:00:32 +0000] [42] [INFO] Booting worker with pid: 43", nameof(LogLevel.Information))]
    [InlineData("[2026-11-23 05:00:32 +0000] [42] [DEBUG] Current configuration:", nameof(LogLevel.Debug))]
    [InlineData("[2026-11-23 05:00:32 +0000] [42] [INFO] [ERROR] is only text", nameof(LogLevel.Information))]
    public void The_level_is_the_third_field(string line, string level) =>
        Assert.Equal(Enum.Parse<LogLevel>(level), GunicornLog.LevelOf(line));

    [Theory]
    [InlineData("")]
    [InlineData("[")]
    [InlineData("[]")]
    [InlineData("[a] [b] [")]
    [InlineData("[a] [b] [LOUD] c")]
    [InlineData("[1, 2, 3] [4] printed by the site")]
    [InlineData("Traceback (most recent call last):")]
    [InlineData("  File \"x.py\", line 1, in <module>")]
    [InlineData("text before [2026] [42] [ERROR] text")]
    public void A_line_without_one_has_none(string line) => Assert.Null(GunicornLog.LevelOf(line));
}
