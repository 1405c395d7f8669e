using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Prism.Supervisor;

/// <summary>SIGTERM and SIGINT (and SIGHUP of a closing terminal) as a token that fires once and a callback that fires each time: the second one means hurry.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly List<PosixSignalRegistration> registrations = [];
    private readonly Lock gate = new();
    private readonly ILogger log;
    private Action? callback;

    /// <param name="hangUpStops">False under a service manager: there SIGHUP is no closing terminal.</param>
    /// <param name="log">Hears of each signal.</param>
    public StopSignals(bool hangUpStops, ILogger log)
    {
        this.log = log;
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop));
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop));
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            if (hangUpStops)
            {
                Stop(context);
            }
        }));
    }

    public CancellationToken Token => stopping.Token;

    /// <summary>Calls back for every signal from now on, and at once when one has come already.</summary>
    public IDisposable OnEach(Action stopRequested)
    {
        lock (gate)
        {
            callback = stopRequested;
            if (stopping.IsCancellationRequested)
            {
                stopRequested();
            }
        }

        return new Subscription(this);
    }

    public void Dispose()
    {
        registrations.ForEach(registration => registration.Dispose());
        stopping.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        log.StopRequested(context.Signal.ToString());
        lock (gate)
        {
            stopping.Cancel();
            callback?.Invoke();
        }
    }

    private sealed class Subscription(StopSignals owner) : IDisposable
    {
        public void Dispose()
        {
            lock (owner.gate)
            {
                owner.callback = null;
            }
        }
    }
}
