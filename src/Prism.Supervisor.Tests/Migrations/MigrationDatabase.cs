using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Prism.Supervisor.Database;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Migrations;

/// <summary>A PostgreSQL for the tests of this folder, in a temporary folder and on a unix socket; each test has a database of its own. It goes with this process.</summary>
public sealed class MigrationDatabase : IAsyncLifetime
{
    public const string Role = "site";

    private const string Account = "postgres";
    private const string Versions = "/usr/lib/postgresql";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TempFolder folder = new();
    private readonly List<Process> servers = [];
    private int databases;

    /// <summary>Null where there is one; a test skips with it.</summary>
    public string? Unavailable { get; } = Directory.Exists(Versions) ? null : $"no PostgreSQL is installed in {Versions}";

    /// <summary>Of the unix socket.</summary>
    public string Sockets => folder.Path;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string[] AsAccount => Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={Account}", $"--regid={Account}", "--clear-groups"] : [];

    public async ValueTask InitializeAsync()
    {
        if (Unavailable is not null)
        {
            return;
        }

        var programs = Path.Combine(Directory.GetDirectories(Versions).Order(StringComparer.Ordinal).Last(), "bin");
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", Account, folder.Path);
        }

        await RunAsync([.. AsAccount, Path.Combine(programs, "initdb"), "--no-sync", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--pgdata", folder["data"]]);
        await File.AppendAllTextAsync(Path.Combine(folder["data"], "postgresql.conf"), $"""

            listen_addresses = ''
            unix_socket_directories = '{Sockets}'
            fsync = off
            max_prepared_transactions = 5

            """);
        Serve(folder["log"], "INT", [Path.Combine(programs, "postgres"), "-D", folder["data"]]);
        await AwaitAsync(Administration("postgres"));
        await SqlAsync("postgres", $"create role {Role} login");
    }

    /// <summary>An empty database of the site's role.</summary>
    public async Task<string> CreateAsync()
    {
        Assert.SkipWhen(Unavailable is not null, Unavailable ?? "");
        var name = string.Create(CultureInfo.InvariantCulture, $"db{Interlocked.Increment(ref databases)}");
        await SqlAsync("postgres", $"create database {name} owner {Role}");
        return name;
    }

    /// <summary>What the site's settings would say.</summary>
    public IReadOnlyDictionary<string, string> Environments(string database, int? pooler = null) => new Dictionary<string, string>
    {
        ["USE_POSTGRES"] = "1",
        ["POSTGRES_HOST"] = Sockets,
        ["POSTGRES_PORT"] = string.Create(CultureInfo.InvariantCulture, $"{pooler ?? 5432}"),
        ["POSTGRES_DB"] = database,
        ["POSTGRES_USER"] = Role,
    };

    internal DatabaseTarget Target(string database, int? pooler = null) => DatabaseTarget.From(name => Environments(database, pooler).GetValueOrDefault(name))!;

    /// <summary>A connection of somebody else, which the caller keeps.</summary>
    public async Task<NpgsqlConnection> ConnectAsync(string database, string name = "psql", string user = Role, int port = 5432)
    {
        var connection = new NpgsqlConnection($"{Administration(database, port)};Username={user};Application Name={name}");
        await connection.OpenAsync(Cancellation);
        return connection;
    }

    /// <summary>PgBouncer before it, in its transaction mode or another; yields its port. Skips where there is none.</summary>
    public async Task<int> PoolAsync(string mode)
    {
        const string program = "/usr/sbin/pgbouncer";
        Assert.SkipUnless(File.Exists(program), $"no {program}");
        var port = 6000 + Interlocked.Increment(ref databases);
        var file = folder.Write($"{port}.ini", string.Create(CultureInfo.InvariantCulture, $"""
            [databases]
            * = host={Sockets} port=5432
            [pgbouncer]
            unix_socket_dir = {Sockets}
            listen_port = {port}
            pool_mode = {mode}
            auth_type = trust
            auth_file = {folder["users"]}

            """));
        _ = folder.Write("users", $"\"{Role}\" \"\"\n");
        Serve(folder[$"{port}.log"], "TERM", [program, file]);
        await AwaitAsync($"Host={Sockets};Port={port};Username={Role};Database=postgres;Pooling=false");
        return port;
    }

    /// <summary>Stops all its processes, or has them go on.</summary>
    public void Halt(bool isHalted)
    {
        var entries = ProcessTable.Read();
        var below = ProcessTable.Descendants(entries, servers[0].Id);
        foreach (var entry in entries.Where(entry => below.Contains(entry.Pid) && entry.Command == "postgres"))
        {
            _ = ProcessCalls.Kill(entry.Pid, isHalted ? Signals.Stop : Signals.Continue);
        }
    }

    /// <summary>Another way to its socket, which ends when the link of that path is removed: the folder for a host.</summary>
    public string Lane(string link)
    {
        _ = File.CreateSymbolicLink(link, Sockets);
        return link;
    }

    /// <summary>As its superuser.</summary>
    public async Task SqlAsync(string database, params string[] statements)
    {
        await using var connection = await ConnectAsync(database, user: "postgres");
        foreach (var statement in statements)
        {
            await connection.DoAsync(statement);
        }
    }

    public async Task<object?> AskAsync(string database, string question)
    {
        await using var connection = await ConnectAsync(database, user: "postgres");
        return await connection.AskAsync(question);
    }

    /// <summary>Until a question is answered with true; there is no event for what happens in a server, so it is asked again and again.</summary>
    public async Task AwaitAsync(string database, string question)
    {
        await using var connection = await ConnectAsync(database, user: "postgres");
        while (await connection.AskAsync(question) is not true)
        {
            await Task.Delay(20, Cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in servers.AsEnumerable().Reverse())
        {
            server.StandardInput.Close();
            await server.WaitForExitAsync(CancellationToken.None);
            server.Dispose();
        }

        folder.Dispose();
    }

    private static async Task RunAsync(params string[] command)
    {
        using var process = Start(command);
        process.StandardInput.Close();
        var said = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        Assert.True(process.ExitCode == 0, string.Create(CultureInfo.InvariantCulture, $"{command[0]} exited with {process.ExitCode}: {said}"));
    }

    private static Process Start(string[] command) =>
        Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = "/" })!;

    private string Administration(string database, int port = 5432) =>
        string.Create(CultureInfo.InvariantCulture, $"Host={Sockets};Port={port};Username=postgres;Database={database};Pooling=false;Timeout=60");

    /// <summary>It ends with its standard input, and so with this process.</summary>
    private void Serve(string log, string signal, string[] command) =>
        servers.Add(Start(["/bin/sh", "-c", $"exec 3<&0; \"$@\" 3<&- </dev/null >>\"$0\" 2>&1 & server=$!; (exec >/dev/null; cat <&3; kill -{signal} $server) & wait $server", log, .. AsAccount, .. command]));

    private async Task AwaitAsync(string place)
    {
        var begun = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(place);
                await connection.OpenAsync(Cancellation);
                return;
            }
            catch (NpgsqlException) when (!servers[^1].HasExited && begun.Elapsed < Patience)
            {
                await Task.Delay(20, Cancellation);
            }
        }
    }
}

/// <summary>Tests that share it run one after another.</summary>
[CollectionDefinition(Name)]
public sealed class MigrationDatabaseTests : ICollectionFixture<MigrationDatabase>
{
    public const string Name = "database of migrations";
}

#pragma warning disable CA2100 // The tests' own words.
internal static class Statements
{
    public static async Task DoAsync(this NpgsqlConnection connection, string statement)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        _ = await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public static async Task<object?> AskAsync(this NpgsqlConnection connection, string question)
    {
        await using var command = new NpgsqlCommand(question, connection);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
