using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Prism.Supervisor.Interop;

/// <summary>What a supervisor asks the kernel about processes: prctl(2), pidfd_open(2), waitid(2), kill(2), execv(3).</summary>
internal static unsafe partial class ProcessCalls
{
    private const int SetParentDeathSignal = 1;
    private const int GetDumpable = 3;
    private const int SetDumpable = 4;
    private const int SetChildSubreaper = 36;
    private const int WaitAll = 0;
    private const int WaitPid = 1;
    private const int NoHang = 1;
    private const int Exited = 4;
    private const int NoWait = 0x01000000;
    private const int ResourceCore = 4;

    public static int ParentPid => getppid();

    /// <summary>Same-user processes can no longer read our memory, environ or descriptors, and no core is dumped (PR_SET_DUMPABLE(2const)).</summary>
    public static void ForbidDumps() => Errno.Check(prctl(SetDumpable, 0, 0, 0, 0), "prctl(PR_SET_DUMPABLE)");

    /// <summary>Whether same-user processes can read us. The kernel decides that anew with each change of rights (fs.suid_dumpable in proc_sys_fs(5)).</summary>
    public static bool IsDumpable => prctl(GetDumpable, 0, 0, 0, 0) == 1;

    public static void DieWithParent(int signal) => Errno.Check(prctl(SetParentDeathSignal, (nuint)signal, 0, 0, 0), "prctl(PR_SET_PDEATHSIG)");

    /// <summary>Orphans of our children become ours instead of init's.</summary>
    public static void AdoptOrphans(bool adopts = true) => Errno.Check(prctl(SetChildSubreaper, adopts ? 1u : 0u, 0, 0, 0), "prctl(PR_SET_CHILD_SUBREAPER)");

    /// <summary>No core is written, and none is piped to a collector, which would record the environment: 0 only forbids files, 1 also pipes (core(5), fs/coredump.c). A lower hard limit stays.</summary>
    public static void NoCores()
    {
        var limit = stackalloc ulong[2] { 1, 1 };
        _ = setrlimit(ResourceCore, limit);
    }

    /// <summary>The mask new files get; umask(2) can only be read by setting it.</summary>
    public static int CurrentUmask()
    {
        var mask = umask(0x3f);
        _ = umask(mask);
        return (int)mask;
    }

    public static void SetUmask(int mask) => _ = umask((uint)mask);

    /// <summary>Gives every signal its default action and unblocks all: .NET ignores SIGPIPE, and execve(2) keeps what is ignored.</summary>
    /// <param name="keepsIgnored">Whether what whoever started us ignores stays so (nohup(1)); SIGPIPE does not, since .NET has hidden how it was.</param>
    public static void ResetSignals(bool keepsIgnored)
    {
        const int pipe = 13;
        const nint ignored = 1;
        for (var signal = 1; signal <= 64; signal++)
        {
            // SIGKILL, SIGSTOP and the two that glibc keeps for itself refuse; nothing to be done about those.
            if (setHandler(signal, 0) == ignored && keepsIgnored && signal != pipe)
            {
                _ = setHandler(signal, ignored);
            }
        }

        var none = stackalloc byte[128];
        new Span<byte>(none, 128).Clear();
        const int setMask = 2;
        _ = sigprocmask(setMask, none, null);
    }

    public static SafeFileHandle OpenPidFd(int pid) => new(Errno.Check(pidfd_open(pid, 0), $"pidfd_open({pid})"), ownsHandle: true);

    /// <summary>Sends a signal to exactly the process the descriptor was opened for; false when it is gone. Throws ObjectDisposedException after the descriptor was closed: its number may be another's by then.</summary>
    public static bool SendSignal(SafeFileHandle pidFd, int signal) =>
        pidfd_send_signal(pidFd, signal, null, 0) == 0
            || (Errno.Last == Errno.NoSuchProcess ? false : throw Errno.Failure($"pidfd_send_signal({signal})"));

    /// <summary>Sends a signal to a process, or to a group when <paramref name="pid"/> is negative; false when there is none.</summary>
    public static bool Kill(int pid, int signal) =>
        kill(pid, signal) == 0 || (Errno.Last == Errno.NoSuchProcess ? false : throw Errno.Failure($"kill({pid}, {signal})"));

    /// <summary>Looks at some ended child without reaping it; null when none has ended.</summary>
    public static EndedChild? PeekEnded() => Wait(WaitAll, 0, NoHang | Exited | NoWait);

    /// <summary>Whether any child is left, ended or not, launched or adopted.</summary>
    public static bool HasChildren()
    {
        const int noChild = 10; // ECHILD
        var info = stackalloc byte[128];
        return waitid(WaitAll, 0, info, NoHang | Exited | NoWait) != -1 || Errno.Last != noChild;
    }

    /// <summary>Reaps one ended child; null when it has not ended or is not ours.</summary>
    public static EndedChild? Reap(int pid) => Wait(WaitPid, pid, NoHang | Exited);

    private static EndedChild? Wait(int kind, int id, int options)
    {
        // siginfo_t on 64-bit Linux: si_code at 8 (1 is CLD_EXITED), si_pid at 16, si_status at 24.
        var info = stackalloc byte[128];
        new Span<byte>(info, 128).Clear();
        return waitid(kind, (uint)id, info, options) == -1 || *(int*)(info + 16) == 0
            ? null
            : new EndedChild(*(int*)(info + 16), *(int*)(info + 8) == 1, *(int*)(info + 24));
    }

    /// <summary>Sets a variable of the environment that <see cref="Execute(string, IReadOnlyList{string})"/> hands on (setenv(3)).</summary>
    public static void SetVariable(string name, string value)
    {
        using var strings = new NativeStrings([name, value]);
        _ = Errno.Check(setenv(strings.Pointer[0], strings.Pointer[1], 1), "setenv");
    }

    /// <summary>Becomes another program with the environment this process was started with; returns errno when it cannot.</summary>
    public static int Execute(string file, IReadOnlyList<string> arguments)
    {
        using var path = new NativeStrings([file]);
        using var vector = new NativeStrings(arguments);
        _ = execv(path.Pointer[0], vector.Pointer);
        return Errno.Last;
    }

    /// <summary>Becomes another program with exactly this environment; returns errno when it cannot.</summary>
    public static int Execute(string file, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        using var path = new NativeStrings([file]);
        using var vector = new NativeStrings(arguments);
        using var variables = new NativeStrings(environment);
        _ = execve(path.Pointer[0], vector.Pointer, variables.Pointer);
        return Errno.Last;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint two, nuint three, nuint four, nuint five);

    [LibraryImport("libc")]
    private static partial int getppid();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, ulong* limit);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc", EntryPoint = "signal", SetLastError = true)]
    private static partial nint setHandler(int number, nint handler);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sigprocmask(int how, byte* set, byte* old);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pidfd_open(int pid, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pidfd_send_signal(SafeFileHandle pidFd, int signal, void* info, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitid(int kind, uint id, byte* info, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setenv(byte* name, byte* value, int overwrite);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int execve(byte* path, byte** arguments, byte** environment);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int execv(byte* path, byte** arguments);
}
