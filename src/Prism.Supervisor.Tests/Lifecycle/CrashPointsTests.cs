using Prism.Supervisor.Lifecycle;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Lifecycle;

/// <summary>The hook by itself; what it is for is in Host/CrashPointTests.</summary>
public sealed class CrashPointsTests : IDisposable
{
    private const int HangGuard = 300_000;

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Each_point_has_a_name_of_its_own_and_is_of_a_part_that_is_tested()
    {
        Assert.Equal(CrashPoints.All.Distinct(), CrashPoints.All);
        Assert.Equal([CrashPoints.Start, CrashPoints.Reload, CrashPoints.Stop], CrashPoints.All.Select(point => point.Split('/')[0]).Distinct());
    }

    [Fact]
    public void Without_a_folder_it_costs_nothing()
    {
        var points = new CrashPoints(folder: null);
        var effect = new Effect.Launch(1, Role.Current);
        var before = GC.GetAllocatedBytesForCurrentThread();

        points.Pass(CrashPoints.Start, "options read");
        points.PassStep(CrashPoints.Start, "migrate");
        points.Before(effect, UnitState.Initial);
        points.After(effect, UnitState.Initial);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact(Timeout = HangGuard)]
    [Trait("ring", "process")]
    public async Task It_tells_where_it_is_and_waits_to_be_let_go()
    {
        using var reached = Open(await Fifo.MakeAsync(folder["reached"]));
        using var go = Open(await Fifo.MakeAsync(folder["go"]));
        using var told = new StreamReader(reached);
        var halting = Task.Run(() => new CrashPoints(folder.Path).Before(new Effect.Launch(1, Role.Current), UnitState.Initial), TestContext.Current.CancellationToken);

        Assert.Equal("start/launch generation", await told.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.False(halting.IsCompleted);
        go.Write("\n"u8);
        await halting;
    }

    private static FileStream Open(string fifo) => new(fifo, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
}
