using System.Net;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor.Gunicorn;

/// <summary>One arbiter and what came of it, with a notify socket of its own. Reports what it said and how it ended; ends it when told.</summary>
internal sealed class Generation(int number, ChildProcess arbiter, NotifyListener listener, ProbeSocket probe, OutputRelay relay, IProcessLauncher launcher, TimeProvider time) : IDisposable
{
    // What the arbiter gets beyond its graceful timeout before the rest is killed.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    // The last lines travel through a pipe; orphans may hold it open for ever.
    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(500);

    // A worker that dies before the first answer is rare; this many are a loop, and so are fewer that take their time.
    private const int TooManyDeaths = 5;
    private const int TooManySlowDeaths = 3;
    private static readonly TimeSpan SlowDeaths = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan LookOften = TimeSpan.FromMilliseconds(50);

    // They load the application side by side; who takes so much longer than the first is stuck, and the others serve without it.
    private static readonly TimeSpan BootPatience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource ended = new();
    private readonly CancellationTokenSource proven = new();
    private readonly CancellationTokenSource impatient = new();
    private volatile bool hasSaidReady;
    private readonly Task output = relay.RelayAsync(arbiter, number, step: null);

    public int Number => number;

    public int ArbiterPid => arbiter.Pid;

    /// <summary>Where this generation answers, and no other.</summary>
    public EndPoint ProbeEndPoint => probe.EndPoint;

    public bool HasSaidReady => hasSaidReady;

    /// <summary>Another process that said READY=1: most often the server, when a wrapper started it instead of becoming it.</summary>
    public int? ForeignReady { get; private set; }

    /// <summary>The reason for trouble that the output names, if it names one.</summary>
    public string? Cause => relay.NamedCause();

    /// <summary>Calls back when the arbiter itself has said READY=1; what its workers say, who inherit the socket's name, does not count. Listens until the end all the same: a full socket would hold up whoever speaks.</summary>
    public async Task ListenAsync(Action arbiterReady)
    {
        await foreach (var (message, sender) in listener.ReadAsync(ended.Token))
        {
            if (message.SaysReady && sender == arbiter.Pid)
            {
                hasSaidReady = true;
                arbiterReady();
            }
            else if (message.SaysReady)
            {
                ForeignReady = sender;
            }
        }
    }

    /// <summary>Completes when so many workers have died that the arbiter will go on forking for ever: it gives up only on those that fail to load the application, not on those that exit or crash. Yields their number.</summary>
    /// <param name="forgivesNone">After the first good answer one is too many; before it, what a server hook has started may end too.</param>
    public async Task<int> WorkersKeepDyingAsync(bool forgivesNone, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, forgivesNone ? stopping : proven.Token);
        var deaths = new WorkerDeaths();
        var begun = time.GetTimestamp();
        int? forgiven = null;
        var areUnnoticed = false;
        while (deaths.Count <= (forgiven ?? int.MaxValue) && (forgiven is not null || !AreTooMany(deaths.Count, time.GetElapsedTime(begun))))
        {
            await Task.Delay(LookEvery, time, either.Token);

            // Before READY=1 there is no worker yet: a wrapper may run what it likes before it becomes the arbiter.
            if (HasSaidReady)
            {
                var children = ProcessTable.ChildrenOf(arbiter.Pid);
                _ = deaths.Look(children);
                areUnnoticed = RemindOfDead(children, areUnnoticed);
            }

            if (proven.IsCancellationRequested)
            {
                forgiven ??= deaths.Count;
            }
        }

        return deaths.Count - (forgiven ?? 0);
    }

    /// <summary>
    /// Workers that fail to load the application at the same time may share one SIGCHLD. Gunicorn up to 23 gives up at the
    /// first that it reaps and waits out the graceful timeout for the others, dead as they are (gunicorn/arbiter.py,
    /// reap_workers and stop): said once more, the signal brings it to the next of them, and it ends. To any other it says nothing new.
    /// </summary>
    private bool RemindOfDead(List<int> children, bool wereDead)
    {
        var areDead = children.Count > 0 && children.TrueForAll(ProcessTable.IsZombie);
        if (areDead && wereDead)
        {
            _ = arbiter.Signal(Signals.ChildEnded);
        }

        return areDead;
    }

    private static bool AreTooMany(int deaths, TimeSpan after) => deaths >= TooManyDeaths || (deaths >= TooManySlowDeaths && after > SlowDeaths);

    /// <summary>Completes when all workers have begun to work, or when that has taken too long: one that answers does not carry the load of all.</summary>
    public async Task WorkersBootedAsync(CancellationToken stopping)
    {
        var boots = new WorkerBoots();
        var begun = time.GetTimestamp();
        while (time.GetElapsedTime(begun) is var now && now < BootPatience && !boots.Look(Heartbeats.Of(arbiter.Pid), now))
        {
            await Task.Delay(LookOften, time, stopping);
        }
    }

    /// <summary>From now on a worker may die: the arbiter replaces it.</summary>
    public void WorkersProven() => proven.Cancel();

    /// <summary>Completes when the arbiter has ended, with what it said of the reason.</summary>
    public async Task<string> ExitedAsync()
    {
        var exit = await arbiter.Exited;
        if (exit.Code is null or 0)
        {
            // Killed from outside: its last line is no reason, and its orphans keep the pipe open.
            return $"{arbiter.Name} {exit}";
        }

        _ = await Task.WhenAny(output, Task.Delay(LastWords, time));
        return $"{arbiter.Name} {exit}: {relay.Cause() ?? "it said nothing"}";
    }

    /// <summary>TERM to the arbiter alone, its grace; TERM to whatever an arbiter that died or stood still has left, for the rest of it; then KILL to all that is left; yields what had to be killed.</summary>
    public async Task<List<string>> EndAsync(TimeSpan grace)
    {
        if (grace > TimeSpan.Zero)
        {
            var begun = time.GetTimestamp();
            using var hurry = CancellationTokenSource.CreateLinkedTokenSource(impatient.Token);
            using var pause = new ArbiterPause(arbiter);
            var isTold = arbiter.Signal(Signals.Terminate);
            if (isTold)
            {
                using var over = CancellationTokenSource.CreateLinkedTokenSource(hurry.Token);
                var pausing = pause.RunAsync(time, over.Token);
                _ = await Task.WhenAny(arbiter.Exited, Task.Delay(grace, time, hurry.Token));
                await over.CancelAsync();
                await pausing;
            }

            // An arbiter goes in order when its workers are gone; of any other, nobody else would tell them to finish what they have in hand.
            var left = grace + (isTold ? Margin : TimeSpan.Zero) - time.GetElapsedTime(begun);
            left = left > Margin && arbiter.Exited.IsCompletedSuccessfully && (await arbiter.Exited).Succeeded ? Margin : left;
            if (!hurry.IsCancellationRequested && left > TimeSpan.Zero)
            {
                _ = await Task.WhenAny(launcher.TerminateTreeAsync(arbiter, left), Task.Delay(Timeout.InfiniteTimeSpan, time, hurry.Token));
            }

            await hurry.CancelAsync();
        }

        var killed = await launcher.KillTreeAsync(arbiter);
        _ = await arbiter.Exited;
        await ended.CancelAsync();
        _ = await Task.WhenAny(output, Task.Delay(LastWords, time));
        return killed;
    }

    /// <summary>Ends a running grace at once.</summary>
    public void Hurry() => impatient.Cancel();

    public void Dispose()
    {
        ended.Cancel();
        listener.Dispose();
        probe.Dispose();
        ended.Dispose();
        proven.Dispose();
        impatient.Dispose();
    }
}
