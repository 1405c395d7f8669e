namespace Prism.Supervisor.Migrations;

/// <summary>A connection of migrate, seen from the server.</summary>
/// <param name="Pid">PostgreSQL's process.</param>
/// <param name="WaitsForLock">wait_event_type is Lock: it waits for somebody else's transaction, and does nothing.</param>
internal sealed record Backend(int Pid, string State, bool WaitsForLock, IReadOnlyList<Blocker> Blockers);
