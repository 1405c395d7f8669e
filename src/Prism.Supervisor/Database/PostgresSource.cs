using Npgsql;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Database;

/// <summary>Makes connections of our own: as the site's, but one at a time, named, and with little patience. Npgsql, without what it would do for a data layer (pools, type catalogues, tracing).</summary>
internal static class PostgresSource
{
    public const string ApplicationName = "prism-supervisor";

    /// <summary>Null where there is no OpenSSL for passwords and TLS: the first of either would abort this process.</summary>
    /// <param name="patience">Of a connection and of a query, each; whole seconds.</param>
    /// <param name="name">What others see in pg_stat_activity.</param>
    public static NpgsqlDataSource? Of(DatabaseTarget target, TimeSpan patience, string name = ApplicationName)
    {
        if (!OpenSsl.IsThere)
        {
            return null;
        }

        var seconds = Math.Max(1, (int)patience.TotalSeconds);
        var builder = new NpgsqlSlimDataSourceBuilder
        {
            ConnectionStringBuilder =
            {
                Host = target.Host.Reveal(),
                Port = target.Port,
                Database = target.Name.Reveal(),
                Username = target.User?.Reveal(),
                Password = target.Password?.Reveal(),
                Options = target.Options?.Reveal(),
                Passfile = target.PasswordFile?.Reveal(),
                SslMode = target.IsUnixSocket ? SslMode.Disable : target.Encryption,
                RootCertificate = target.RootCertificate?.Reveal(),
                SslCertificate = target.Certificate?.Reveal(),
                SslKey = target.CertificateKey?.Reveal(),
                // It would look for Kerberos' libraries.
                GssEncryptionMode = GssEncryptionMode.Disable,
                ApplicationName = name,
                Pooling = false,
                Enlist = false,
                Timeout = seconds,
                CommandTimeout = seconds,
            },
        };
        if (!target.IsUnixSocket)
        {
            // A host that is gone says nothing: the kernel asks it (tcp(7)).
            builder.ConnectionStringBuilder.TcpKeepAlive = true;
            builder.ConnectionStringBuilder.TcpKeepAliveTime = 10;
            builder.ConnectionStringBuilder.TcpKeepAliveInterval = 5;
        }

        return builder.EnableTransportSecurity().ConfigureTypeLoading(types => types.EnableTypeLoading(false)).Build();
    }
}
