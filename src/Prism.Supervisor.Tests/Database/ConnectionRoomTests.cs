using Prism.Supervisor.Database;

namespace Prism.Supervisor.Tests.Database;

public sealed class ConnectionRoomTests
{
    private static readonly ConnectionAnswer.Counted Roomy =
        new(Most: 100, Reserved: 3, InUse: 20, RoleLimit: null, RoleInUse: 8, DatabaseLimit: null, DatabaseInUse: 10, SiteHolds: 8);

    [Fact]
    public void Room_enough_is_not_worth_a_line() => Assert.Null(ConnectionRoom.Warning(Roomy, atLeast: 77));

    [Fact]
    public void What_cannot_be_known_is_not_warned_about() => Assert.Null(ConnectionRoom.Warning(new ConnectionAnswer.Unknown("why"), atLeast: 1000));

    [Fact]
    public void The_server_s_limit_is_what_is_not_reserved() =>
        Assert.Equal(
            "PostgreSQL may refuse connections while two generations run: max_connections is 100, of which 3 are reserved; 20 are in use, and the next generation takes up to 78 more: raise max_connections, or run fewer Gunicorn workers or threads",
            ConnectionRoom.Warning(Roomy, atLeast: 78));

    [Theory]
    [InlineData(16, false)]
    [InlineData(15, true)]
    public void As_many_as_the_site_holds_now_are_taken_once_more(long limit, bool isWarned) =>
        Assert.Equal(isWarned, ConnectionRoom.Warning(Roomy with { RoleLimit = limit }, atLeast: 0) is not null);

    [Fact]
    public void A_role_s_limit_says_what_to_alter() =>
        Assert.Equal(
            "PostgreSQL may refuse connections while two generations run: the site's role has CONNECTION LIMIT 10; 8 are in use, and the next generation takes up to 8 more: raise it (ALTER ROLE … CONNECTION LIMIT), or run fewer Gunicorn workers or threads",
            ConnectionRoom.Warning(Roomy with { RoleLimit = 10 }, atLeast: 4));

    [Fact]
    public void Of_several_limits_the_first_to_be_hit_is_named() =>
        Assert.Contains(
            "the site's database has CONNECTION LIMIT 11; 10 are in use, and the next generation takes up to 90 more: raise it (ALTER DATABASE",
            ConnectionRoom.Warning(Roomy with { RoleLimit = 10, DatabaseLimit = 11 }, atLeast: 90),
            StringComparison.Ordinal);

    [Fact]
    public void Connections_above_a_limit_that_was_lowered_are_no_room() =>
        Assert.NotNull(ConnectionRoom.Warning(Roomy with { RoleLimit = 0, SiteHolds = 0 }, atLeast: 0));

    [Theory]
    [InlineData("Server", "max_connections is reached")]
    [InlineData("Role", "the CONNECTION LIMIT of its role is reached: raise it (ALTER ROLE")]
    [InlineData("Database", "the CONNECTION LIMIT of its database is reached: raise it (ALTER DATABASE")]
    public void A_limit_that_is_reached_already_is_named(string limit, string words) =>
        Assert.Contains(words, ConnectionRoom.Warning(new ConnectionAnswer.Full(Enum.Parse<ConnectionLimit>(limit)), atLeast: 1), StringComparison.Ordinal);
}
