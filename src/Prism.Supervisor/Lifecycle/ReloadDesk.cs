using System.Collections.Concurrent;

namespace Prism.Supervisor.Lifecycle;

/// <summary>What became of a reload, in one line.</summary>
internal sealed record ReloadOutcome(bool Succeeded, string Text);

/// <summary>Who waits for which reload. One who asks while a reload runs waits for the next, whose configuration is read after the asking. Asking is for any thread, all else for the loop's.</summary>
internal sealed class ReloadDesk
{
    private readonly ConcurrentQueue<Waiter> arriving = new();
    private readonly List<Waiter> next = [];
    private readonly List<Waiter> served = [];
    private string? closed;

    /// <summary>Completes with the outcome; <paramref name="progress"/> is called on the loop's thread and must not block.</summary>
    public Task<ReloadOutcome> Ask(Action<string> progress)
    {
        var waiter = new Waiter(progress, new(TaskCreationOptions.RunContinuationsAsynchronously));
        arriving.Enqueue(waiter);
        if (Volatile.Read(ref closed) is { } reason)
        {
            _ = waiter.Outcome.TrySetResult(new ReloadOutcome(Succeeded: false, reason));
        }

        return waiter.Outcome.Task;
    }

    /// <summary>One request has reached the loop.</summary>
    public void Arrived()
    {
        if (arriving.TryDequeue(out var waiter))
        {
            next.Add(waiter);
        }
    }

    /// <summary>A reload begins: it is the one that all who have arrived wait for.</summary>
    public void Begin()
    {
        served.AddRange(next);
        next.Clear();
    }

    public void Tell(string progress) => served.ForEach(waiter => waiter.Progress(progress));

    public void Answer(ReloadOutcome outcome)
    {
        served.ForEach(waiter => waiter.Outcome.TrySetResult(outcome));
        served.Clear();
    }

    /// <summary>No reload will come any more: whoever waits, or asks from now on, hears why.</summary>
    public void Close(string reason)
    {
        Volatile.Write(ref closed, reason);
        while (!arriving.IsEmpty)
        {
            Arrived();
        }

        Begin();
        Answer(new ReloadOutcome(Succeeded: false, reason));
    }

    private sealed record Waiter(Action<string> Progress, TaskCompletionSource<ReloadOutcome> Outcome);
}
