namespace Prism.Supervisor.Migrations;

/// <summary>How long an answer of PostgreSQL is waited for: a while, and hardly at all once whoever asks is to end, also that of a question which is under way then.</summary>
internal sealed class AnswerPatience(TimeProvider time) : IDisposable
{
    public static readonly TimeSpan Usual = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan Last = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource late = new(Timeout.InfiniteTimeSpan, time);
    private volatile bool isEnding;

    public bool IsEnding => isEnding;

    public TimeSpan Span => isEnding ? Last : Usual;

    /// <summary>The last question, which may have been left behind and still be under way.</summary>
    public Task Asked { get; private set; } = Task.CompletedTask;

    public void End()
    {
        isEnding = true;
        late.CancelAfter(Last);
    }

    /// <summary>Whatever Npgsql waits for that hears of no token, a resolver for one, is left behind.</summary>
    public async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> question, CancellationToken cancellation)
    {
        var isLast = isEnding;
        using var enough = new CancellationTokenSource(isLast ? Last : Usual, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, isLast ? CancellationToken.None : late.Token, cancellation);
        var answer = question(either.Token);
        Asked = answer;
        return await answer.WaitAsync(either.Token);
    }

    public void Dispose() => late.Dispose();
}
