using System.Collections.Concurrent;
using Prism.Supervisor.Lifecycle;

namespace Prism.Supervisor.Tests.Host;

/// <summary>The other end of `run --halt-at`: lets the supervisor pass every point but the one it is wanted at. The FIFOs lie in the host and are opened from out here.</summary>
internal sealed class Halts : IAsyncDisposable
{
    public const string Folder = "/run/prism-crash";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TestHost host;
    private readonly StreamReader reached;
    private readonly StreamWriter nudge;
    private readonly StreamWriter go;
    private readonly ConcurrentQueue<string> seen = new();
    private readonly Thread listening;
    private readonly Lock gate = new();
    private (string Point, bool Halts, TaskCompletionSource Reached)? wanted;

    private Halts(TestHost host)
    {
        this.host = host;
        // Whoever holds both ends of a FIFO never waits for another to open it, and never sees its end.
        var file = Open("reached");
        (reached, nudge, go) = (new StreamReader(file), new StreamWriter(file) { AutoFlush = true }, new StreamWriter(Open("go")) { AutoFlush = true });
        listening = new Thread(Listen) { IsBackground = true, Name = "halts" };
        listening.Start();
    }

    /// <summary>Every point that was reached so far.</summary>
    public IEnumerable<string> Seen => seen;

    public static async Task<Halts> InstallAsync(TestHost host)
    {
        _ = await host.ScriptAsync($"rm -rf {Folder}; mkdir {Folder}; mkfifo -m 666 {Folder}/reached {Folder}/go");
        return new Halts(host);
    }

    /// <summary>To be called before what leads there; completes when the supervisor halts at the point.</summary>
    public Task HaltAtAsync(string point) => WantAsync(point, halts: true);

    /// <summary>Likewise; it passes the point.</summary>
    public Task PassesAsync(string point) => WantAsync(point, halts: false);

    public void Go() => go.WriteLine();

    /// <summary>Whoever still halts finds no folder any more.</summary>
    public async ValueTask DisposeAsync()
    {
        _ = await host.ScriptAsync($"rm -rf {Folder}");
        await nudge.WriteLineAsync();
        listening.Join();
        await nudge.DisposeAsync();
        await go.DisposeAsync();
        reached.Dispose();
    }

    private Task WantAsync(string point, bool halts)
    {
        Assert.Contains(point, CrashPoints.All);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            wanted = (point, halts, reached);
        }

        return WaitAsync();

        async Task WaitAsync()
        {
            try
            {
                await reached.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
            }
            catch (TimeoutException)
            {
                throw new TimeoutException($"{point} was not reached within {Patience.TotalSeconds} s; the last was {seen.LastOrDefault()}");
            }
        }
    }

    private void Listen()
    {
        while (reached.ReadLine() is { Length: > 0 } point)
        {
            seen.Enqueue(point);
            var halts = false;
            lock (gate)
            {
                if (wanted is { } one && one.Point == point)
                {
                    (wanted, halts) = (null, one.Halts);
                    one.Reached.SetResult();
                }
            }

            if (!halts)
            {
                Go();
            }
        }
    }

    private FileStream Open(string name) => new($"/proc/{host.Pid}/root{Folder}/{name}", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
}
