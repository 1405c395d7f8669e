using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging.Abstractions;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor.Tests.Support;

/// <summary>A service manager that keeps what it is told.</summary>
internal sealed class FakeManager : ISystemdNotifier
{
    private readonly List<string> heard = [];
    private TaskCompletionSource more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FakeManager() => Socket = new NotifySocket(this, NullLogger<NotifySocket>.Instance);

    public NotifySocket Socket { get; }

    public bool IsEnabled => true;

    public IReadOnlyList<string> Heard
    {
        get
        {
            lock (heard)
            {
                return [.. heard];
            }
        }
    }

    public string Status => Heard.Last(word => word.StartsWith("STATUS=", StringComparison.Ordinal))["STATUS=".Length..];

    public void Notify(ServiceState state)
    {
        TaskCompletionSource said;
        lock (heard)
        {
            heard.Add(state.ToString());
            (said, more) = (more, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        said.SetResult();
    }

    /// <summary>Completes when something of it has been heard so many times.</summary>
    public async Task HeardAsync(string part, int times = 1)
    {
        while (true)
        {
            Task changed;
            lock (heard)
            {
                if (heard.Count(word => word.Contains(part, StringComparison.Ordinal)) >= times)
                {
                    return;
                }

                changed = more.Task;
            }

            await changed.WaitAsync(TestContext.Current.CancellationToken);
        }
    }
}
