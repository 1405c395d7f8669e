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
#pragma warning disable CA1001 // Deliberately: see above.
internal sealed class StopSignals
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

    /// <param name="hangUpStops">False under a service manager: there SIGHUP is no closing terminal.</param>
    public StopSignals(bool hangUpStops)
    {
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGHUP, User1, User2])
        {
            var meaning = signal switch
            {
                PosixSignal.SIGTERM or PosixSignal.SIGINT or PosixSignal.SIGQUIT => SignalMeaning.Stop,
                PosixSignal.SIGHUP => hangUpStops ? SignalMeaning.Stop : SignalMeaning.Reload,
                _ => SignalMeaning.Nothing,
            };
            registrations.Add(PosixSignalRegistration.Create(signal, context => Hear(context, meaning)));
        }
    }

    public CancellationToken Token => stopping.Token;

    /// <summary>Fires with the second stop: no more patience.</summary>
    public CancellationToken Hurry => hurrying.Token;

    /// <summary>Calls back, on a thread of the pool, with the name of every signal from now on and what it means; and at once when a stop has come already.</summary>
    public void OnEach(Action<string, SignalMeaning> heard)
    {
        bool isLate;
        lock (gate)
        {
            callbacks.Add(heard);
            isLate = stops > 0;
        }

        if (isLate)
        {
            heard("A stop", SignalMeaning.Stop);
        }
    }

    private void Hear(PosixSignalContext context, SignalMeaning meaning)
    {
        context.Cancel = true;
        Action<string, SignalMeaning>[] now;
        var isStop = meaning == SignalMeaning.Stop;
        bool isSecond;
        lock (gate)
        {
            now = [.. callbacks];
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

        var name = context.Signal switch
        {
            User1 => "SIGUSR1",
            User2 => "SIGUSR2",
            var signal => signal.ToString(),
        };
        foreach (var callback in now)
        {
            callback(name, meaning);
        }
    }
}
