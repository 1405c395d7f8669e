using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace Prism.Supervisor.Tests.Support;

/// <summary>A clock that stands still, except that a wait of one of the given spans is over as soon as it begins.</summary>
internal sealed class SkippingTime(params TimeSpan[] skipped) : FakeTimeProvider
{
    private readonly ConcurrentQueue<TimeSpan> waits = new();

    /// <summary>The waits that were skipped, in order.</summary>
    public IReadOnlyList<TimeSpan> Waits => [.. waits];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (skipped.Contains(dueTime))
        {
            waits.Enqueue(dueTime);
            _ = ThreadPool.QueueUserWorkItem(_ => Advance(dueTime));
        }

        return timer;
    }
}
