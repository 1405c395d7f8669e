using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Processes;

namespace Prism.Supervisor.Gunicorn;

/// <summary>
/// Lets an arbiter that was told to stop see the end of its workers when it comes. It looks whether they are gone, sleeps
/// 0.1 s and looks again (gunicorn/arbiter.py, stop()), and interpreters that clear up side by side take a little longer than
/// one sleep: most of the second is for nothing, and every client of a restart waits through it. Stopped in the middle of the
/// first and continued at the last worker's end, it finds its sleep over and nobody left; it loses only what it would sleep.
/// </summary>
internal sealed class ArbiterPause : IDisposable
{
    /// <summary>After TERM: the workers have been told by then, and their arbiter sleeps. Where it is slower, they are told later by no more than <see cref="Longest"/>.</summary>
    public static readonly TimeSpan Begin = TimeSpan.FromMilliseconds(50);

    /// <summary>Who has a request in hand may take the whole graceful timeout, which only an arbiter that runs enforces.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(450);

    private readonly ChildProcess arbiter;
    private readonly List<SafeFileHandle> workers = [];

    /// <summary>Takes note of the workers, before they are told.</summary>
    public ArbiterPause(ChildProcess arbiter)
    {
        this.arbiter = arbiter;
        foreach (var pid in ProcessTable.ChildrenOf(arbiter.Pid))
        {
            try
            {
                workers.Add(ProcessCalls.OpenPidFd(pid));
            }
            catch (Win32Exception)
            {
                // Gone already.
            }
        }
    }

    /// <summary>To be called when TERM was sent. Whatever happens, the arbiter runs again when this completes.</summary>
    public async Task RunAsync(TimeProvider time, CancellationToken enough)
    {
        await Task.Delay(Begin, time, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (workers.Count > 0 && !enough.IsCancellationRequested)
        {
            await Task.Run(() => Hold(enough), CancellationToken.None);
        }
    }

    public void Dispose() => workers.ForEach(worker => worker.Dispose());

    private void Hold(CancellationToken enough)
    {
        using var wake = Polling.EventFd();
        using var registration = enough.Register(() => Polling.Signal(wake));
        var begun = Stopwatch.GetTimestamp();
        if (!arbiter.Signal(Signals.Stop))
        {
            return;
        }

        try
        {
            foreach (var worker in workers)
            {
                var left = Longest - Stopwatch.GetElapsedTime(begun);
                if (enough.IsCancellationRequested || left <= TimeSpan.Zero)
                {
                    break;
                }

                _ = Polling.WaitReadable([(int)wake.DangerousGetHandle(), (int)worker.DangerousGetHandle()], (int)left.TotalMilliseconds);
            }
        }
        finally
        {
            _ = arbiter.Signal(Signals.Continue);
        }
    }
}
