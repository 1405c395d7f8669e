using System.Globalization;
using Prism.Supervisor.Database;

namespace Prism.Supervisor.Tests.Host;

/// <summary>A real PostgreSQL, asked as the site's role, which may do little, for what it is known by.</summary>
public sealed class DatabaseIdentityTests(HostFixture fixture) : SiteTest(fixture)
{
    private const string Table = "create table django_migrations (id bigserial primary key, app varchar(255) not null, name varchar(255) not null, applied timestamptz not null)";
    private const string Rows = "insert into django_migrations (app, name, applied) values ('journal', '0001_initial', '2026-01-02 03:04:05.678901+00'), ('journal', '0002_slug', '2026-01-02 03:04:06+00')";

    /// <summary>The host's network is its own; its socket can be reached through its root.</summary>
    private string Folder => $"/proc/{Host.Pid.ToString(CultureInfo.InvariantCulture)}/root/run/postgresql";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _ = await Host.ScriptAsync("""
            hba=$(ls /etc/postgresql/*/main/pg_hba.conf)
            cp --archive "$hba" "$hba.before"
            sed -i '1i local all prism scram-sha-256' "$hba"
            """);
        await SqlAsync("postgres", "select pg_reload_conf()");
        await SqlAsync("prism", "set role prism", Table, Rows);
    }

    public override async ValueTask DisposeAsync()
    {
        await SqlAsync("postgres", "drop database if exists other", $"alter role prism password '{Site.Password}'", "alter role prism reset all", "grant execute on function pg_control_system() to public");
        _ = await Host.ScriptAsync("for before in /etc/postgresql/*/main/pg_hba.conf.before; do mv \"$before\" \"${before%.before}\"; done");
        await SqlAsync("postgres", "select pg_reload_conf()");
        await base.DisposeAsync();
    }

    [Fact]
    public async Task The_same_database_is_the_same_whatever_the_session_and_the_password()
    {
        var known = await KnownAsync();

        Assert.Equal(known, await KnownAsync());
        await SqlAsync("postgres", "alter role prism password 'rotated'", "alter role prism set timezone to 'Asia/Tokyo'", "alter role prism set datestyle to 'German'", "alter role prism set intervalstyle to iso_8601");
        Assert.Equal(known, await KnownAsync(password: "rotated"));
    }

    [Fact]
    public async Task Data_of_the_site_does_not_count()
    {
        var known = await KnownAsync();
        await SqlAsync("prism", "set role prism", "create table journal_entry (id int)", "insert into journal_entry values (1)", "vacuum full django_migrations", "analyze");

        Assert.Equal(known, await KnownAsync());
    }

    [Theory]
    [InlineData("a migration", "insert into django_migrations (app, name, applied) values ('journal', '0003_more', now())")]
    [InlineData("a migration that was rolled back", "delete from django_migrations where name = '0002_slug'")]
    [InlineData("all of them rolled back", "delete from django_migrations")]
    [InlineData("one that was rolled back and applied again", "with gone as (delete from django_migrations where name = '0002_slug' returning app, name, applied) insert into django_migrations (app, name, applied) select * from gone")]
    [InlineData("one that was applied at another time", "update django_migrations set applied = applied + interval '1 microsecond' where id = 1")]
    [InlineData("one that was renamed", "update django_migrations set app = 'journa', name = 'l0002_slug' where id = 2")]
    public async Task Each_row_counts_with_all_that_is_in_it(string what, string statement)
    {
        var known = await KnownAsync();
        await SqlAsync("prism", "set role prism", statement);

        Assert.False(known == await KnownAsync(), $"{what} is not noticed");
    }

    [Fact]
    public async Task A_table_that_was_dropped_and_made_anew_is_another()
    {
        var known = await KnownAsync();
        await SqlAsync("prism", "set role prism", "drop table django_migrations", Table, Rows);

        Assert.NotEqual(known, await KnownAsync());
    }

    [Fact]
    public async Task Another_database_is_another_and_so_is_the_same_one_restored_from_a_dump()
    {
        var known = await KnownAsync();
        _ = await Host.ScriptAsync("""
            cd /
            runuser -u postgres -- pg_dump --format=custom --file=/tmp/identity.dump prism
            runuser -u postgres -- createdb --owner=prism other
            runuser -u postgres -- pg_restore --dbname=other /tmp/identity.dump
            """);
        Assert.NotEqual(known, await KnownAsync(database: "other"));

        _ = await Host.ScriptAsync("cd /; runuser -u postgres -- pg_restore --clean --dbname=prism /tmp/identity.dump; rm /tmp/identity.dump");
        Assert.NotEqual(known, await KnownAsync());
    }

    [Fact]
    public async Task A_copy_that_takes_the_place_and_the_name_of_the_first_is_another()
    {
        var known = await KnownAsync();
        await SqlAsync("postgres", "create database other template prism owner prism", "drop database prism with (force)", "alter database other rename to prism");

        Assert.NotEqual(known, await KnownAsync());
    }

    [Fact]
    public async Task The_table_is_the_one_that_Django_would_find()
    {
        var known = await KnownAsync();
        await SqlAsync("prism", "create schema site authorization prism", "set role prism", "set search_path to site", Table, Rows);
        Assert.Equal(known, await KnownAsync());

        var elsewhere = await KnownAsync(options: "-c search_path=site");
        Assert.NotEqual(known, elsewhere);
        await SqlAsync("postgres", "alter role prism set search_path to site");
        Assert.Equal(elsewhere, await KnownAsync());
    }

    [Fact]
    public async Task What_cannot_be_asked_is_unknown_and_names_nobody()
    {
        Assert.Equal(IdentityAnswer.Unknown("PostgreSQL refused with 28P01"), await AskAsync(password: "wrong"));
        Assert.Equal(IdentityAnswer.Unknown("PostgreSQL refused with 3D000"), await AskAsync(database: "nowhere"));

        await SqlAsync("postgres", "create database other owner prism");
        Assert.Equal(IdentityAnswer.Unknown("it has no table django_migrations"), await AskAsync(database: "other"));

        await SqlAsync("prism", "revoke execute on function pg_control_system() from public");
        Assert.Equal(IdentityAnswer.Unknown("PostgreSQL refused with 42501"), await AskAsync());
        await SqlAsync("prism", "grant execute on function pg_control_system() to public");
    }

    private async Task<string> KnownAsync(string database = "prism", string password = Site.Password, string? options = null)
    {
        var answer = await AskAsync(database, password, options);
        return answer.Text ?? throw new InvalidOperationException(answer.Why);
    }

    private Task<IdentityAnswer> AskAsync(string database = "prism", string password = Site.Password, string? options = null) => DatabaseIdentity.AskAsync(
        variable => variable switch
        {
            "USE_POSTGRES" => "1",
            "POSTGRES_HOST" => Folder,
            "POSTGRES_DB" => database,
            "POSTGRES_USER" => "prism",
            "POSTGRES_PASSWORD" => password,
            "PGOPTIONS" => options,
            _ => null,
        },
        TimeProvider.System,
        Cancellation);

    private async Task SqlAsync(string database, params string[] statements) =>
        _ = (await Host.ExecAsync(["runuser", "-u", "postgres", "--", "psql", "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", database, .. statements.SelectMany(statement => new[] { "-c", statement })])).Succeeded();
}
