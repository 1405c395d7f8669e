using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Processes;

/// <summary>
/// Starts and reaps real processes. One thread does both for the life of the program: PR_SET_PDEATHSIG fires when the
/// thread that spawned a child ends, and a child is registered before anything could reap it.
/// </summary>
internal sealed class OsProcessLauncher : IProcessLauncher
{
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(3);

    // From a spawn to execve(2) is milliseconds; a folder on a file system that hangs must not hold up the reaping of others.
    private const int LauncherPatience = 10_000;

    private readonly string launcher;
    private readonly bool adoptOrphans;
    private readonly int mask = ProcessCalls.CurrentUmask();
    private readonly SafeFileHandle wake = Polling.EventFd();
    private readonly ConcurrentQueue<(ProcessSpec Spec, TaskCompletionSource<ChildProcess> Started)> requests = new();
    private readonly ConcurrentDictionary<int, (SafeFileHandle PidFd, TaskCompletionSource<ProcessExit> Exited)> children = [];
    private readonly PosixSignalRegistration? childEnded;

    /// <param name="launcher">The binary that understands <see cref="Launcher.Verb"/>; our own.</param>
    /// <param name="adoptOrphans">Whether all children of this process are its to reap: then grandchildren whose parents died become ours (PR_SET_CHILD_SUBREAPER) and leave no zombies.</param>
    public OsProcessLauncher(string launcher, bool adoptOrphans)
    {
        this.launcher = launcher;
        this.adoptOrphans = adoptOrphans;
        if (adoptOrphans)
        {
            ProcessCalls.AdoptOrphans();
            childEnded = PosixSignalRegistration.Create(PosixSignal.SIGCHLD, _ => Polling.Signal(wake));
        }

        new Thread(Loop) { IsBackground = true, Name = "children" }.Start();
    }

    public Task<ChildProcess> LaunchAsync(ProcessSpec spec)
    {
        var started = new TaskCompletionSource<ChildProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
        requests.Enqueue((spec, started));
        Polling.Signal(wake);
        return started.Task;
    }

    public Task TerminateTreeAsync(ChildProcess child, TimeSpan patience) => Task.Run(() => ProcessTree.Terminate(child.Pid, child.Mark, patience));

    public Task<List<string>> KillTreeAsync(ChildProcess child) =>
        Task.Run(() => ProcessTree.Kill(child.Pid, child.Mark));

    /// <summary>Ends whatever still descends from this process, adopted or launched; false when something was left after <see cref="LastPatience"/>.</summary>
    public Task<bool> KillAllAsync() => Task.Run(() => ProcessTree.KillAll(LastPatience));

    private static StartupException CannotStart(ProcessSpec spec, Exception fault) =>
        new(ExitCode.TryAgain, $"{spec.File} cannot be started: {fault.Message}", fault);

    private void Loop()
    {
        while (true)
        {
            int[] watched = [(int)wake.DangerousGetHandle(), .. children.Values.Select(child => (int)child.PidFd.DangerousGetHandle())];
            _ = Polling.WaitReadable(watched);
            Polling.Drain(wake);
            ReapChildren();
            ReapOrphans();
            while (requests.TryDequeue(out var request))
            {
                try
                {
                    request.Started.SetResult(Start(request.Spec));
                }
#pragma warning disable CA1031 // Whoever asked hears of it, whatever it is; this thread must live as long as the program.
                catch (Exception fault)
#pragma warning restore CA1031
                {
                    request.Started.SetException(fault is StartupException ? fault : CannotStart(request.Spec, fault));
                }
            }
        }
    }

    private void ReapChildren()
    {
        foreach (var (pid, child) in children.ToArray())
        {
            if (ProcessCalls.Reap(pid) is { } ended)
            {
                _ = children.TryRemove(pid, out _);
                child.Exited.SetResult(ProcessExit.From(ended));
                child.PidFd.Dispose();
            }
        }
    }

    private void ReapOrphans()
    {
        // A child of ours that ends meanwhile is peeked at too: leave it, its pidfd wakes the loop again.
        while (adoptOrphans && ProcessCalls.PeekEnded() is { } ended && !children.ContainsKey(ended.Pid))
        {
            _ = ProcessCalls.Reap(ended.Pid);
        }
    }

    private ChildProcess Start(ProcessSpec spec)
    {
        var (outputRead, outputWrite) = Descriptors.Pipe();
        var (statusRead, statusWrite) = Descriptors.Pipe();
        using var nothing = File.OpenHandle("/dev/null");
        var mark = LaunchMark.Next();
        int pid;
        using (outputWrite)
        using (statusWrite)
        {
            SafeHandle[] descriptors = [nothing, spec.Output ?? outputWrite, outputWrite, .. spec.Descriptors, statusWrite];
            pid = Spawn.Start(
                launcher,
                Launcher.Arguments(launcher, spec, Environment.ProcessId, mask),
                spec.Environment.With(LaunchMark.Variable, mark).Reveal(),
                [.. descriptors.Select(handle => (int)handle.DangerousGetHandle())]);
        }

        SafeFileHandle pidFd;
        try
        {
            pidFd = ProcessCalls.OpenPidFd(pid);
        }
        catch
        {
            // No descriptor left: a child that nobody could end must not live, and is reaped as an orphan.
            _ = ProcessCalls.Kill(pid, Signals.Kill);
            throw;
        }

        var exited = new TaskCompletionSource<ProcessExit>(TaskCreationOptions.RunContinuationsAsynchronously);
        children[pid] = (pidFd, exited);
        var output = OutputReader.Start(outputRead, spec.Name, spec.Heard);
        using (statusRead)
        {
            // Silence means that execve(2) closed the descriptor: the program runs.
            var reason = new byte[512];
            if (!Polling.WaitReadable([(int)statusRead.DangerousGetHandle()], LauncherPatience))
            {
                _ = ProcessCalls.SendSignal(pidFd, Signals.Kill);
                throw new StartupException(ExitCode.TryAgain, $"{spec.File} cannot be started: its launcher was still not done after {LauncherPatience / 1000} s");
            }

            var length = Descriptors.Read(statusRead, reason);
            if (length > 0)
            {
                throw new StartupException(ExitCode.Configuration, $"{spec.File} cannot be started: {Encoding.UTF8.GetString(reason, 0, length)}");
            }
        }

        return new ChildProcess(spec.Name, pid, mark, number => Signal(pidFd, number), exited.Task, output);
    }

    private static bool Signal(SafeFileHandle pidFd, int number)
    {
        try
        {
            return ProcessCalls.SendSignal(pidFd, number);
        }
        catch (ObjectDisposedException)
        {
            return false; // reaped in between
        }
    }
}
