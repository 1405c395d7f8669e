using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Migrations;

/// <summary>
/// Sees to it that what migrate began in PostgreSQL ends with it: a backend whose client has died goes on with its statement
/// and keeps its locks (PostgreSQL looks for its client only between statements). Cancelled first, so that it can roll back
/// in order; ended when it does not heed that.
/// </summary>
internal sealed class BackendEnd(MigrationLock database, string name, string step, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.1);

    // Of rolling back after a cancellation, and of ending after that. PostgreSQL looks for both at its next interrupt.
    private const int Looks = 30;

    /// <summary>While migrate itself still lives: what it waits for is taken from it.</summary>
    public async Task CancelAsync()
    {
        if (await database.BackendsAsync(name, CancellationToken.None) is [_, ..] && await database.EndAsync(name, forGood: false, CancellationToken.None))
        {
            log.CancelledBackend(step);
        }
    }

    /// <summary>Once migrate is gone; never an error.</summary>
    public async Task EndAsync()
    {
        // A client that is gone is noticed at once by a backend that waits for its next statement.
        if (await IsGoneAsync(looks: 3) is { } isGone && !isGone)
        {
            _ = await database.EndAsync(name, forGood: false, CancellationToken.None);
            log.CancelledBackend(step);
            if (await IsGoneAsync(Looks) == false)
            {
                _ = await database.EndAsync(name, forGood: true, CancellationToken.None);
                log.TerminatedBackend(step);
                if (await IsGoneAsync(Looks) == false)
                {
                    log.BackendRemains("it heeds no signal", name, step);
                    return;
                }
            }
        }

        if (await database.InvalidIndexesAsync(CancellationToken.None) is [_, ..] indexes)
        {
            log.InvalidIndexes(MigrationName.Few(indexes), step);
        }
    }

    /// <summary>Null: nobody can tell, and it has been said.</summary>
    private async Task<bool?> IsGoneAsync(int looks)
    {
        var wasSilent = false;
        for (var look = 0; look < looks; look++)
        {
            if (look > 0)
            {
                await Task.Delay(Pause, time);
            }

            switch (await database.BackendsAsync(name, CancellationToken.None))
            {
                case null when !wasSilent:
                    // The connection that we had may have ended: another one tells.
                    wasSilent = true;
                    continue;
                case null when database.IsServerGone:
                    log.ServerGone(step);
                    return null;
                case null:
                    log.BackendRemains(database.Trouble ?? "PostgreSQL does not answer", name, step);
                    return null;
                case []:
                    return true;
                default:
                    continue;
            }
        }

        return false;
    }
}
