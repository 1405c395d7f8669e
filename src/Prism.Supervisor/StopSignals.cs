using System.Runtime.InteropServices;

namespace Prism.Supervisor;

/// <summary>What a signal asks for.</summary>
internal enum SignalMeaning
{
    /// <summary>Nothing: it is caught so that it does not kill.</summary>
    Nothing,

    /// <summary>The next release (SIGHUP, as daemons have it).</summary>
    Reload,

    /// <summary>The end.</summary>
    Stop,
}

/// <summary>The signals that end the program, as a token that fires once and callbacks for each; and those that mean nothing here and must not kill. Made in the first lines of Main and never undone: a late signal finds a handler as long as there is a process.</summary>
/// <param name="hangUpStops">False under a service manager: there SIGHUP is no closing terminal.</param>
#pragma warning disable CA1001 // Deliberately: see above.
internal sealed class StopSignals(bool hangUpStops)
#pragma warning restore CA1001
{
    // signal(7); .NET names neither, and takes raw numbers.
    private const PosixSignal User1 = (PosixSignal)10;
    private const PosixSignal User2 = (PosixSignal)12;

    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource hurrying = new();
    private readonly List<PosixSignalRegistration> registrations = [];
    private readonly List<Action<string, SignalMeaning>> callbacks = [];
    private readonly Lock gate = new();
    private int stops;
    private bool isReloadWanted;

    /// <summary>From now on this process hears them.</summary>
    public StopSignals Register()
    {
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGHUP, User1, User2])
        {
            registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                Hear(context.Signal);
            }));
        }

        return this;
    }

    public CancellationToken Token => stopping.Token;

    /// <summary>Fires with the second stop: no more patience.</summary>
    public CancellationToken Hurry => hurrying.Token;

    /// <summary>Calls back, on a thread of the pool, with the name of every signal from now on and what it means; and at once when a stop, or the wish for a reload, has come already.</summary>
    public void OnEach(Action<string, SignalMeaning> heard)
    {
        bool isLate;
        bool isReloadLate;
        lock (gate)
        {
            callbacks.Add(heard);
            (isLate, isReloadLate) = (stops > 0, isReloadWanted);
        }

        if (isLate)
        {
            heard("A stop", SignalMeaning.Stop);
        }
        else if (isReloadLate)
        {
            heard("SIGHUP", SignalMeaning.Reload);
        }
    }

    /// <summary>As if the kernel had sent it.</summary>
    public void Hear(PosixSignal signal)
    {
        var meaning = signal switch
        {
            PosixSignal.SIGTERM or PosixSignal.SIGINT or PosixSignal.SIGQUIT => SignalMeaning.Stop,
            PosixSignal.SIGHUP => hangUpStops ? SignalMeaning.Stop : SignalMeaning.Reload,
            _ => SignalMeaning.Nothing,
        };
        Action<string, SignalMeaning>[] now;
        var isStop = meaning == SignalMeaning.Stop;
        bool isSecond;
        lock (gate)
        {
            now = [.. callbacks];
            isReloadWanted |= meaning == SignalMeaning.Reload;
            isSecond = isStop && ++stops > 1;
        }

        // First what matters; a callback may take its time.
        if (isSecond)
        {
            hurrying.Cancel();
        }
        else if (isStop)
        {
            stopping.Cancel();
        }

        var name = signal switch
        {
            User1 => "SIGUSR1",
            User2 => "SIGUSR2",
            _ => signal.ToString(),
        };
        foreach (var callback in now)
        {
            callback(name, meaning);
        }
    }
}
