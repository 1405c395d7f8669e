using Prism.Supervisor.Database;

namespace Prism.Supervisor.Migrations;

/// <summary>What the limits of PostgreSQL's connections leave for migrate while the migration lock is held.</summary>
/// <param name="Left">Connections.</param>
/// <param name="Remedy">The limit that is hit first, and what to raise.</param>
internal sealed record RoomLeft(long Left, string Remedy)
{
    // migrate's own, and that of the list that is asked for beside it.
    private const int Wanted = 2;
    private const int Looks = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.25);

    /// <summary>Null: not known. A connection that has just been closed is given a moment to be gone.</summary>
    public static async Task<RoomLeft?> AskAsync(MigrationLock taken, TimeProvider time, CancellationToken stopping)
    {
        for (var look = 1; ; look++)
        {
            if (await taken.CountAsync(stopping) is not { } counted)
            {
                return null;
            }

            var (left, inUse, remedy) = ConnectionRoom.Left(counted);
            if (left - 1 >= Wanted || inUse == 0 || look == Looks)
            {
                return new RoomLeft(left - 1, remedy);
            }

            await Task.Delay(Pause, time, stopping);
        }
    }
}
