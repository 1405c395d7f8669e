namespace Prism.Supervisor.Database;

/// <summary>Where PostgreSQL counts connections.</summary>
internal enum ConnectionLimit
{
    Server,
    Role,
    Database,
}
