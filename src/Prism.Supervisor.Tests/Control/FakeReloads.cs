using System.Threading.Channels;
using Prism.Supervisor.Control;

namespace Prism.Supervisor.Tests.Control;

/// <summary>Reloads that go on until the test ends them.</summary>
internal sealed class FakeReloads
{
    private readonly Channel<Reload> begun = Channel.CreateUnbounded<Reload>();

    public int Count => begun.Reader.Count;

    public Task<ReloadVerdict> RunAsync(Action<string> progress)
    {
        var reload = new Reload(progress, new TaskCompletionSource<ReloadVerdict>());
        _ = begun.Writer.TryWrite(reload);
        return reload.End.Task;
    }

    /// <summary>The next one that somebody asked for.</summary>
    public async Task<Reload> NextAsync() => await begun.Reader.ReadAsync(TestContext.Current.CancellationToken);

    internal sealed record Reload(Action<string> Progress, TaskCompletionSource<ReloadVerdict> End)
    {
        public void Succeed(string text = "done") => End.SetResult(new ReloadVerdict(true, text));

        public void Fail(string text) => End.SetResult(new ReloadVerdict(false, text));
    }
}
