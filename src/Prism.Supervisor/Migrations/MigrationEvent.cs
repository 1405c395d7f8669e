namespace Prism.Supervisor.Migrations;

/// <summary>A migration has begun, or is done.</summary>
/// <param name="Name">As Django writes it: app.name.</param>
internal readonly record struct MigrationEvent(string Name, bool IsDone);
