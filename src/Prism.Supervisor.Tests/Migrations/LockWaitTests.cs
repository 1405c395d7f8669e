using Microsoft.Extensions.Time.Testing;
using Prism.Supervisor.Migrations;

namespace Prism.Supervisor.Tests.Migrations;

/// <summary>Looks at migrate's connections, one a second.</summary>
public sealed class LockWaitTests
{
    private static readonly Backend Working = new(1, "active", WaitsForLock: false, []);
    private static readonly Blocker Psql = new(42, "psql", "client backend", "idle in transaction", "10.0.0.1", 31.7);

    private readonly FakeTimeProvider time = new();
    private readonly LockWait wait;

    public LockWaitTests() => wait = new LockWait(time);

    [Fact]
    public void A_wait_of_a_moment_is_none()
    {
        Assert.IsType<LockWait.Change.None>(Look(Waiting(Psql)));
        Assert.True(wait.IsWaiting);
        Assert.IsType<LockWait.Change.None>(Look(Working));
        Assert.False(wait.IsWaiting);
    }

    [Fact]
    public void One_that_lasts_is_told_once_and_so_is_its_end()
    {
        _ = Look(Waiting(Psql));
        Assert.Equal(new LockWait.Change.Blocked("'psql' (PostgreSQL's process 42, from 10.0.0.1, idle in transaction, its transaction open for 32 s) has it"), Look(Waiting(Psql)));
        Assert.IsType<LockWait.Change.None>(Look(Waiting(Psql)));
        Assert.Equal(new LockWait.Change.Over(3), Look(Working));
        Assert.Equal("", wait.Text);
    }

    [Fact]
    public void Another_blocker_is_told_anew()
    {
        _ = Look(Waiting(Psql));
        _ = Look(Waiting(Psql));

        var change = Assert.IsType<LockWait.Change.Blocked>(Look(Waiting(new Blocker(0, null, null, null, null, null), new Blocker(7, null, null, null, null, null))));

        Assert.Equal("a prepared transaction (pg_prepared_xacts), a connection without a name (PostgreSQL's process 7) have it", change.By);
    }

    [Fact]
    public void Who_cannot_be_seen_is_said_to_be_so()
    {
        _ = Look(Waiting());
        Assert.IsType<LockWait.Change.None>(Look(Waiting()));

        Assert.Equal(new LockWait.Change.Blocked("who has it cannot be seen"), Look(Waiting()));
    }

    [Fact]
    public void A_second_connection_that_works_is_work()
    {
        _ = Look(Waiting(Psql), Working);
        _ = Look(Waiting(Psql), Working);

        Assert.False(wait.IsWaiting);
    }

    private static Backend Waiting(params Blocker[] blockers) => new(1, "active", WaitsForLock: true, blockers);

    private LockWait.Change Look(params Backend[] backends)
    {
        var change = wait.Look(backends);
        time.Advance(TimeSpan.FromSeconds(1));
        return change;
    }
}
