using Prism.Supervisor.Gunicorn;

namespace Prism.Supervisor.Tests.Gunicorn;

public sealed class WorkerBootsTests
{
    private readonly WorkerBoots boots = new();

    [Fact]
    public void All_that_were_forked_have_to_begin()
    {
        Assert.False(Look(0, true, false));
        Assert.False(Look(1000, true, false));
        Assert.True(Look(1001, true, true));
    }

    [Fact]
    public void Another_may_be_forked_soon_after_the_one_before()
    {
        Assert.False(Look(0, true));
        Assert.False(Look(200, true, true));
        Assert.False(Look(449, true, true));
        Assert.True(Look(450, true, true));
    }

    [Fact]
    public void Nobody_is_waited_for_who_cannot_be_seen() => Assert.True(Look(0));

    private bool Look(int milliseconds, params bool[] begun) => boots.Look(begun, TimeSpan.FromMilliseconds(milliseconds));
}
