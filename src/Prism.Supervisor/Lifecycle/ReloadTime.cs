namespace Prism.Supervisor.Lifecycle;

/// <summary>How long the preparation of a release may go on: until a stop, or until its time is over.</summary>
internal sealed class ReloadTime : IDisposable
{
    private readonly TimeProvider time;
    private readonly long begun;
    private readonly CancellationToken stopping;
    private readonly CancellationTokenSource limit;
    private readonly CancellationTokenSource either;

    /// <param name="span">From now on.</param>
    public ReloadTime(TimeSpan span, TimeProvider time, CancellationToken stopping)
    {
        (Span, this.time, this.stopping, begun) = (span, time, stopping, time.GetTimestamp());
        limit = new CancellationTokenSource(span, time);
        either = CancellationTokenSource.CreateLinkedTokenSource(stopping, limit.Token);
    }

    public TimeSpan Span { get; private set; }

    public CancellationToken Token => either.Token;

    public bool IsOver => limit.IsCancellationRequested;

    /// <summary>Why what runs is ended, in words.</summary>
    public string Why => stopping.IsCancellationRequested ? "a stop was requested" : $"the reload takes longer than {Span.TotalSeconds:0.###} s (reload.timeoutSeconds)";

    /// <summary>The span that the configuration names which has just been read; it too counts from the beginning.</summary>
    public void Change(TimeSpan span)
    {
        Span = span;
        var left = span - time.GetElapsedTime(begun);
        limit.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    public void Dispose()
    {
        either.Dispose();
        limit.Dispose();
    }
}
