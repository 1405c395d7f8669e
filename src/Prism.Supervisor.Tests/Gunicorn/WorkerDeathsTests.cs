using Prism.Supervisor.Gunicorn;

namespace Prism.Supervisor.Tests.Gunicorn;

public sealed class WorkerDeathsTests
{
    [Fact]
    public void Who_was_there_and_is_gone_has_died()
    {
        var deaths = new WorkerDeaths();

        int[] counts = [deaths.Look([]), deaths.Look([1, 2]), deaths.Look([2, 3]), deaths.Look([2, 3]), deaths.Look([])];

        Assert.Equal([0, 0, 1, 1, 3], counts);
    }
}
