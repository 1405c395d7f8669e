using System.Text;
using Prism.Supervisor.Migrations;

namespace Prism.Supervisor.Tests.Migrations;

/// <summary>Names in pg_stat_activity: ours, and what others may have written there.</summary>
public sealed class BackendNameTests
{
    [Fact]
    public void Who_holds_the_lock_can_be_read_from_its_name()
    {
        var name = BackendName.OfLock("web1.example", 4242) + " 20261123T155410Z";

        Assert.Equal("the supervisor on web1.example (pid 4242), since 2026-11-23 15:54:10 UTC", BackendName.Supervisor(name));
    }

    [Theory]
    [InlineData("web1")]
    [InlineData("a-host-name-that-is-as-long-as-dns-lets-it-be-and-longer-than-any-that-fits")]
    [InlineData("höst name;'\n")]
    [InlineData("")]
    public void A_name_fits_and_is_plain_whatever_the_host_is_called(string host)
    {
        foreach (var name in new[] { BackendName.OfLock(host, int.MaxValue) + " 20261123T155410Z", BackendName.OfMigrate(host, int.MaxValue, "0123456789ab") })
        {
            Assert.InRange(Encoding.UTF8.GetByteCount(name), 1, BackendName.Longest);
            Assert.All(name, letter => Assert.InRange(letter, ' ', '~'));
            Assert.EndsWith(name.StartsWith("prism-supervisor", StringComparison.Ordinal) ? "Z" : " 0123456789ab", name, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void No_two_launches_have_one_name() => Assert.NotEqual(BackendName.OfMigrate(), BackendName.OfMigrate());

    [Theory]
    [InlineData("")]
    [InlineData("psql")]
    [InlineData("prism-supervisor")]
    [InlineData("prism-supervisor web1:42")]
    [InlineData("prism-supervisor web1:x 20261123T155410Z")]
    [InlineData("prism-supervisor :42 20261123T155410Z")]
    [InlineData("prism-supervisor web1:42 20269923T155410Z")]
    [InlineData("prism-supervisor web1:42 20261123T155410Z more")]
    public void Another_name_is_no_supervisors(string name) => Assert.Null(BackendName.Supervisor(name));

    [Fact]
    public void A_holder_is_described_by_what_can_be_seen()
    {
        Assert.Equal("'psql' (PostgreSQL's process 7, from 10.0.0.1, connected for 3 s)", new LockHolder(7, "psql", "10.0.0.1", 3.2, 1).ToString());
        Assert.Equal("a connection (PostgreSQL's process 7)", new LockHolder(7, "", null, null, null).ToString());
        Assert.Equal("'a\uFFFDb' (PostgreSQL's process 7)", new LockHolder(7, "a\nb", null, null, null).ToString());
    }

    [Fact]
    public void A_holder_that_is_not_heard_of_is_not_taken_for_alive() =>
        Assert.Equal((true, false, false), (new LockHolder(7, "", null, null, 2).IsAlive, new LockHolder(7, "", null, null, 20).IsAlive, new LockHolder(7, "", null, null, null).IsAlive));
}
