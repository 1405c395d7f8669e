using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Npgsql;

namespace Prism.Supervisor.Tests.Support;

/// <summary>A PostgreSQL of the test's own, in a temporary folder, on a unix socket and a port of 127.0.0.1; to be stopped and started as the test likes. It goes with this process.</summary>
public sealed class LocalPostgres : IAsyncLifetime
{
    private const string Account = "postgres";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TempFolder folder = new();
    private Process? server;

    /// <summary>Null where there is none; a test skips with it.</summary>
    public string? Unavailable { get; private set; } = Directory.Exists("/usr/lib/postgresql") ? null : "no PostgreSQL is installed in /usr/lib/postgresql";

    public int Port { get; } = Ports.Free();

    /// <summary>Of the unix socket.</summary>
    public string Sockets => folder.Path;

    private static string Programs => Path.Combine(Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Last(), "bin");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => folder["data"];

    public async ValueTask InitializeAsync()
    {
        if (Unavailable is not null)
        {
            return;
        }

        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", Account, folder.Path);
        }

        await RunAsync([.. AsAccount, Path.Combine(Programs, "initdb"), "--no-sync", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--pgdata", Data]);
        await File.AppendAllTextAsync(Path.Combine(Data, "postgresql.conf"), $"""

            port = {Port}
            listen_addresses = '127.0.0.1'
            unix_socket_directories = '{Sockets}'
            fsync = off
            max_connections = 10
            superuser_reserved_connections = 3

            """);
        await StartAsync();
    }

    /// <summary>Returns when it takes connections; one that runs goes on.</summary>
    public async Task StartAsync()
    {
        if (server is not null)
        {
            return;
        }

        // It ends with its standard input, and so with this process.
        server = Start("/bin/sh", ["-c", "exec 3<&0; \"$@\" >>\"$0\" 2>&1 3<&- & cat <&3 >/dev/null; kill -INT $!; wait", folder["log"], .. AsAccount, Path.Combine(Programs, "postgres"), "-D", Data]);
        var begun = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await SqlAsync("select 1");
                return;
            }
            catch (NpgsqlException) when (!server.HasExited && begun.Elapsed < Patience)
            {
                await Task.Delay(20, Cancellation);
            }
        }
    }

    public async Task StopAsync()
    {
        if (server is not null)
        {
            server.StandardInput.Close();
            await server.WaitForExitAsync(CancellationToken.None);
            server.Dispose();
            server = null;
        }
    }

    /// <summary>As its superuser, over the unix socket.</summary>
    public async Task SqlAsync(params string[] statements)
    {
        await using var source = NpgsqlDataSource.Create($"Host={Sockets};Port={Port};Username=postgres;Database=postgres;Pooling=false");
        await using var connection = await source.OpenConnectionAsync(Cancellation);
        foreach (var statement in statements)
        {
#pragma warning disable CA2100 // The tests' own words.
            await using var command = new NpgsqlCommand(statement, connection);
#pragma warning restore CA2100
            _ = await command.ExecuteNonQueryAsync(Cancellation);
        }
    }

    /// <summary>Who may connect, from now on; its superuser may always, over the unix socket.</summary>
    public async Task AllowAsync(params string[] lines)
    {
        await File.WriteAllLinesAsync(Path.Combine(Data, "pg_hba.conf"), ["local all postgres trust", .. lines], Cancellation);
        await SqlAsync("select pg_reload_conf()");
    }

    /// <summary>TLS from now on, with a certificate for that name that its own key has signed; yields the file of that authority, and of another.</summary>
    public async Task<(string Own, string Other)> UseTlsAsync(string name)
    {
        foreach (var file in new[] { "server", "other" })
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
            using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
            await File.WriteAllTextAsync(folder[$"{file}.crt"], certificate.ExportCertificatePem(), Cancellation);
            await File.WriteAllTextAsync(folder[$"{file}.key"], key.ExportPkcs8PrivateKeyPem(), Cancellation);
        }

        File.SetUnixFileMode(folder["server.key"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", Account, folder["server.key"]);
        }

        await SqlAsync(
            $"alter system set ssl_cert_file = '{folder["server.crt"]}'", $"alter system set ssl_key_file = '{folder["server.key"]}'", "alter system set ssl = on");
        await StopAsync();
        await StartAsync();
        return (folder["server.crt"], folder["other.crt"]);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        folder.Dispose();
    }

    private static string[] AsAccount => Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={Account}", $"--regid={Account}", "--clear-groups"] : [];

    private static async Task RunAsync(params string[] command)
    {
        using var process = Start(command[0], command[1..]);
        process.StandardInput.Close();
        var said = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        Assert.True(process.ExitCode == 0, string.Create(CultureInfo.InvariantCulture, $"{command[0]} exited with {process.ExitCode}: {said}"));
    }

    private static Process Start(string program, string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = "/" })!;
}
