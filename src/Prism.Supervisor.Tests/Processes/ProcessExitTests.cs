using Prism.Supervisor.Processes;

namespace Prism.Supervisor.Tests.Processes;

public sealed class ProcessExitTests
{
    [Theory]
    [InlineData(0, null, "exited with code 0", true)]
    [InlineData(3, null, "exited with code 3", false)]
    [InlineData(137, null, "exited with code 137", false)]
    [InlineData(null, 9, "killed by SIGKILL", false)]
    [InlineData(null, 15, "killed by SIGTERM", false)]
    [InlineData(null, 34, "killed by signal 34", false)]
    [InlineData(null, null, "ended", false)]
    public void It_is_told_in_words(int? code, int? signal, string words, bool succeeded)
    {
        var exit = new ProcessExit(code, signal);

        Assert.Equal(words, exit.ToString());
        Assert.Equal(succeeded, exit.Succeeded);
    }
}
