using CsCheck;
using Npgsql;
using Prism.Supervisor.Database;

namespace Prism.Supervisor.Tests.Database;

public sealed class DatabaseTargetTests
{
    [Theory]
    [InlineData("postgres://alice:word@db.example.org:5433/prism", "db.example.org", 5433, "prism", "alice", "word")]
    [InlineData("postgresql://alice@db/prism", "db", 5432, "prism", "alice", null)]
    [InlineData("pgsql:///prism", "/run/postgresql", 5432, "prism", null, null)]
    [InlineData("POSTGRES://db/prism", "db", 5432, "prism", null, null)]
    [InlineData("postgis://db/prism", "db", 5432, "prism", null, null)]
    [InlineData("postgres://al%40ice:w%2Fo%3Ard%25@db/pri%20sm", "db", 5432, "pri sm", "al@ice", "w/o:rd%")]
    [InlineData("postgres://alice:a+b@db/a+b", "db", 5432, "a+b", "alice", "a+b")]
    [InlineData("postgres://alice:a@b@db/prism", "db", 5432, "prism", "alice", "a@b")]
    [InlineData("postgres://alice:100%@db/prism", "db", 5432, "prism", "alice", "100%")]
    [InlineData("postgres://alice@%2Frun%2FPostgreSQL/prism", "/run/PostgreSQL", 5432, "prism", "alice", null)]
    [InlineData("postgres://%2Frun%2Fpostgresql:5433/prism", "/run/postgresql", 5433, "prism", null, null)]
    [InlineData("postgres:///prism?host=/run/other&port=5434&user=bob&password=a+b%2B", "/run/other", 5434, "prism", "bob", "a b+")]
    [InlineData("postgres://alice@db/prism?host=other&user=bob", "db", 5432, "prism", "alice", null)]
    [InlineData("postgres://[2001:db8::1]:5433/prism", "2001:db8::1", 5433, "prism", null, null)]
    [InlineData("postgres://[::1]/prism#fragment", "::1", 5432, "prism", null, null)]
    [InlineData("postgres:///prism?host=one,two&port=5433,5434", "one", 5433, "prism", null, null)]
    public void An_address_is_read_as_Django_reads_it(string text, string host, int port, string name, string? user, string? password)
    {
        var target = From(("DATABASE_URL", text), ("USE_POSTGRES", "1"), ("POSTGRES_HOST", "ignored"));

        Assert.Equal((host, port, name, user, password), Revealed(target));
    }

    [Theory]
    [InlineData("sqlite:////var/lib/prism-django/db.sqlite3")]
    [InlineData("sqlite://:memory:")]
    [InlineData("mysql://root@db/prism")]
    [InlineData("nothing of the kind")]
    [InlineData("://")]
    public void Another_kind_of_database_is_none_of_ours(string text) => Assert.Null(DatabaseTarget.From(Lookup(("DATABASE_URL", text), ("USE_POSTGRES", "1"))));

    [Theory]
    [InlineData("1", true)]
    [InlineData(" Yes ", true)]
    [InlineData("on", true)]
    [InlineData("TRUE", true)]
    [InlineData("0", false)]
    [InlineData("", false)]
    [InlineData("y", false)]
    public void The_site_says_whether_it_uses_PostgreSQL(string flag, bool isUsed) => Assert.Equal(isUsed, DatabaseTarget.From(Lookup(("USE_POSTGRES", flag))) is not null);

    [Fact]
    public void What_is_left_open_is_as_the_site_and_libpq_have_it()
    {
        Assert.Null(DatabaseTarget.From(_ => null));
        Assert.Equal(("/run/postgresql", 5432, "prism", "prism", null), Revealed(From(("USE_POSTGRES", "1"), ("POSTGRES_HOST", ""), ("DATABASE_URL", ""))));
        Assert.Equal(
            ("db", 5433, "site", "alice", "word"),
            Revealed(From(("USE_POSTGRES", "1"), ("POSTGRES_HOST", "db"), ("POSTGRES_PORT", "5433"), ("POSTGRES_DB", "site"), ("POSTGRES_USER", "alice"), ("POSTGRES_PASSWORD", "word"), ("PGHOST", "other"))));
        Assert.Equal(
            ("db", 5433, "prism", "prism", "word"),
            Revealed(From(("USE_POSTGRES", "1"), ("PGHOST", "db"), ("PGPORT", "5433"), ("PGUSER", "other"), ("PGPASSWORD", "word"))));
    }

    [Fact]
    public void Encryption_is_asked_for_by_the_address_or_by_libpq_s_variables()
    {
        Assert.Equal(SslMode.Prefer, From(("DATABASE_URL", "postgres://db/prism")).Encryption);
        Assert.Equal(SslMode.Require, From(("USE_POSTGRES", "1"), ("PGSSLMODE", "require")).Encryption);
        var target = From(("DATABASE_URL", "postgres://db/prism?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem"), ("PGSSLMODE", "disable"));
        Assert.Equal((SslMode.VerifyFull, "/etc/ca.pem"), (target.Encryption, target.RootCertificate?.Reveal()));
    }

    [Fact]
    public void What_the_server_is_told_for_the_session_is_too()
    {
        Assert.Null(From(("DATABASE_URL", "postgres://db/prism")).Options);
        Assert.Equal("-c search_path=site", From(("DATABASE_URL", "postgres://db/prism?options=-c%20search_path%3Dsite"), ("PGOPTIONS", "other")).Options?.Reveal());
        Assert.Equal("-c search_path=site", From(("USE_POSTGRES", "1"), ("PGOPTIONS", "-c search_path=site")).Options?.Reveal());
    }

    [Theory]
    [InlineData("DATABASE_URL", "postgres://hush:hush@hush:hush/hush", "DATABASE_URL: the port is no number from 1 to 65535")]
    [InlineData("DATABASE_URL", "postgres://hush:0/hush", "DATABASE_URL: the port is no number from 1 to 65535")]
    [InlineData("DATABASE_URL", "postgres://hush:hush@hush:65536/hush", "DATABASE_URL: the port is no number from 1 to 65535")]
    [InlineData("DATABASE_URL", "postgres://hush/", "DATABASE_URL: it names no database")]
    [InlineData("DATABASE_URL", "postgres://hush/?dbname=hush", "DATABASE_URL: it names no database")]
    [InlineData("DATABASE_URL", "postgres://hush/hush?sslmode=hush", "DATABASE_URL: sslmode is none of disable, allow, prefer, require, verify-ca, verify-full")]
    [InlineData("POSTGRES_PORT", "hush", "POSTGRES_PORT: the port is no number from 1 to 65535")]
    [InlineData("PGPORT", "-1", "PGPORT: the port is no number from 1 to 65535")]
    [InlineData("PGSSLMODE", "hush", "PGSSLMODE: sslmode is none of disable, allow, prefer, require, verify-ca, verify-full")]
    public void A_bad_value_is_named_by_its_variable_and_never_quoted(string name, string value, string line)
    {
        var failure = Assert.Throws<StartupException>(() => From(("USE_POSTGRES", "1"), (name, value)));

        Assert.Equal((ExitCode.Configuration, $"{line}: the site will not find its database"), (failure.Code, failure.Message));
    }

    [Fact]
    public void No_text_is_more_than_refused_in_a_line_that_holds_nothing_of_it() =>
        Gen.Select(Gen.OneOf(Gen.Const("postgres://"), Gen.Const("pgsql://"), Gen.Const("")), Gen.OneOf(Gen.String, Gen.String[Gen.Char["postgres:/?#[]@%2Ff&=,+"], 0, 60]))
            .Sample((scheme, rest) =>
            {
                try
                {
                    var target = DatabaseTarget.From(Lookup(("DATABASE_URL", scheme + "mark" + rest), ("POSTGRES_PORT", rest), ("USE_POSTGRES", "1")));
                    Assert.DoesNotContain("mark", target?.ToString() ?? "", StringComparison.Ordinal);
                }
                catch (StartupException refused)
                {
                    Assert.DoesNotContain("mark", refused.Message, StringComparison.Ordinal);
                }
            });

    [Fact]
    public void Printed_it_shows_no_value() =>
        Assert.DoesNotContain("hush", From(("DATABASE_URL", "postgres://hush:hush@hush/hush?sslrootcert=hush&passfile=hush")).ToString(), StringComparison.Ordinal);

    private static DatabaseTarget From(params (string Name, string Value)[] variables) =>
        DatabaseTarget.From(Lookup(variables)) ?? throw new InvalidOperationException("none");

    private static Func<string, string?> Lookup(params (string Name, string Value)[] variables) =>
        name => variables.Where(pair => pair.Name == name).Select(pair => pair.Value).FirstOrDefault();

    private static (string Host, int Port, string Name, string? User, string? Password) Revealed(DatabaseTarget target) =>
        (target.Host.Reveal(), target.Port, target.Name.Reveal(), target.User?.Reveal(), target.Password?.Reveal());
}
