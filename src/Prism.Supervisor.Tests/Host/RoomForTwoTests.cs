using System.Globalization;
using Npgsql;
using Prism.Supervisor.Database;

namespace Prism.Supervisor.Tests.Host;

/// <summary>The connections of a real PostgreSQL, asked as the site's role, which may see little. (Limits of memory do not work in this host: a folder stands for them in ControlGroupsTests and RoomForTwoTests.)</summary>
public sealed class RoomForTwoTests(HostFixture fixture) : SiteTest(fixture)
{
    private readonly List<NpgsqlConnection> held = [];

    /// <summary>The host's network is its own; its socket can be reached through its root.</summary>
    private string Folder => $"/proc/{Host.Pid.ToString(CultureInfo.InvariantCulture)}/root/run/postgresql";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await SqlAsync("drop role if exists other", "create role other login password 'other'");
        _ = await Host.ScriptAsync("""
            hba=$(ls /etc/postgresql/*/main/pg_hba.conf)
            cp --archive "$hba" "$hba.before"
            sed -i '1i local all prism,other scram-sha-256' "$hba"
            """);
        await SqlAsync("select pg_reload_conf()");
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var connection in held)
        {
            await connection.DisposeAsync();
        }

        _ = await Host.ExecAsync("systemctl", "start", Site.DatabaseUnit);
        await SqlAsync("alter role prism connection limit -1", "revoke all on database prism from other", "drop role other");
        _ = await Host.ScriptAsync("for before in /etc/postgresql/*/main/pg_hba.conf.before; do mv \"$before\" \"${before%.before}\"; done");
        await SqlAsync("select pg_reload_conf()");
        await base.DisposeAsync();
    }

    [Fact]
    public async Task What_others_hold_and_what_the_site_holds_is_counted()
    {
        await HoldAsync(3, Target());
        await HoldAsync(2, Target("other", "other"));
        await HoldAsync(1, Target("other", "other", "postgres"));

        var counted = await CountAsync();

        Assert.Equal((50, 3, 6, 3, 5, 3), (counted.Most, counted.Reserved, counted.InUse, counted.RoleInUse, counted.DatabaseInUse, counted.SiteHolds));
        Assert.Equal((null, null), (counted.RoleLimit, counted.DatabaseLimit));
    }

    [Fact]
    public async Task A_limit_of_the_role_is_warned_about_before_it_is_hit()
    {
        await SqlAsync("alter role prism connection limit 6");
        await HoldAsync(3, Target());

        Assert.Null(ConnectionRoom.Warning(await AskAsync(Target()), atLeast: 3));
        Assert.Contains(
            "the site's role has CONNECTION LIMIT 6; 3 are in use, and the next generation takes up to 4 more", ConnectionRoom.Warning(await AskAsync(Target()), atLeast: 4), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_of_the_database_is_warned_about_before_it_is_hit()
    {
        await SqlAsync("alter database prism connection limit 6");
        await HoldAsync(2, Target());
        await HoldAsync(2, Target("other", "other"));

        Assert.Null(ConnectionRoom.Warning(await AskAsync(Target()), atLeast: 2));
        Assert.Contains(
            "the site's database has CONNECTION LIMIT 6; 4 are in use, and the next generation takes up to 3 more", ConnectionRoom.Warning(await AskAsync(Target()), atLeast: 3), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_that_is_hit_already_is_told_by_who_sets_it()
    {
        await HoldAsync(2, Target());

        await SqlAsync("alter role prism connection limit 2");
        Assert.Equal(new ConnectionAnswer.Full(ConnectionLimit.Role), await AskAsync(Target()));

        await SqlAsync("alter role prism connection limit -1", "alter database prism connection limit 2");
        Assert.Equal(new ConnectionAnswer.Full(ConnectionLimit.Database), await AskAsync(Target()));

        await SqlAsync("alter database prism connection limit -1");
        await HoldAsync(45, Target());
        Assert.Equal(new ConnectionAnswer.Full(ConnectionLimit.Server), await AskAsync(Target()));
    }

    [Fact]
    public async Task A_superuser_is_bound_by_max_connections_alone()
    {
        await SqlAsync("alter role other superuser connection limit 1");
        await HoldAsync(2, Target("other", "other"));

        var counted = await CountAsync("other", "other");

        Assert.Equal((50, 0, null, 2), (counted.Most, counted.Reserved, counted.RoleLimit, counted.SiteHolds));
    }

    [Fact]
    public async Task What_cannot_be_asked_is_unknown_and_names_nobody()
    {
        Assert.Equal(new ConnectionAnswer.Unknown("PostgreSQL refused with 28P01"), await AskAsync(Target("prism", "wrong")));
        Assert.Equal(new ConnectionAnswer.Unknown("PostgreSQL refused with 3D000"), await AskAsync(Target(name: "nowhere")));

        _ = (await Host.ExecAsync("systemctl", "stop", Site.DatabaseUnit)).Succeeded();
        _ = Assert.IsType<ConnectionAnswer.Unknown>(await AskAsync(Target()));
    }

    private static Task<ConnectionAnswer> AskAsync(DatabaseTarget target) => ConnectionCount.AskAsync(target, TimeProvider.System, Cancellation);

    private async Task<ConnectionAnswer.Counted> CountAsync(string user = "prism", string password = Site.Password) =>
        Assert.IsType<ConnectionAnswer.Counted>(await AskAsync(Target(user, password)));

    private DatabaseTarget Target(string user = "prism", string password = Site.Password, string name = "prism") =>
        DatabaseTarget.From(variable => variable switch
        {
            "USE_POSTGRES" => "1",
            "POSTGRES_HOST" => Folder,
            "POSTGRES_DB" => name,
            "POSTGRES_USER" => user,
            "POSTGRES_PASSWORD" => password,
            _ => null,
        })!;

    private async Task HoldAsync(int count, DatabaseTarget target)
    {
        await using var source = PostgresSource.Of(target, TimeSpan.FromSeconds(30))!;
        for (var i = 0; i < count; i++)
        {
            held.Add(await source.OpenConnectionAsync(Cancellation));
        }
    }

    private async Task SqlAsync(params string[] statements) =>
        _ = (await Host.ExecAsync(["runuser", "-u", "postgres", "--", "psql", "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "postgres", .. statements.SelectMany(statement => new[] { "-c", statement })])).Succeeded();
}
