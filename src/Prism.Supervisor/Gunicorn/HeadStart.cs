using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.Gunicorn;

/// <summary>
/// The first generation, launched while the database is asked whether there is anything to do before it, where nothing else
/// is left to be known: Python starts meanwhile. Handed over when there was nothing, else ended before a step runs.
/// </summary>
/// <param name="launched">Called when its process runs.</param>
internal sealed class HeadStart(GenerationLauncher launcher, int number, Action launched, TimeProvider time, ILogger<HeadStart> log) : IDisposable
{
    /// <summary>Three times what the answer of a database takes that is there, and as a rule less than an arbiter needs until it forks its first worker, which will load the application.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(75);

    // Python has no handler yet, and goes at once; a wrapper may be in the middle of something.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource over = new();
    private readonly Lock gate = new();
    private Release? expected;
    private Task<Generation?> launch = Task.FromResult<Generation?>(null);
    private Task end = Task.CompletedTask;
    private bool isRunning;

    /// <summary>Launches what the release will be if there is nothing to do; once. Never throws: what cannot be launched is told when it is launched in its turn.</summary>
    public void Begin(Release release)
    {
        (expected, isRunning, launch) = (release, true, LaunchAsync(release));
        _ = LimitAsync();
    }

    /// <summary>Completes when nothing of it runs any more; to be awaited before a step runs. Without an effect when it was handed over, or never begun.</summary>
    /// <param name="why">In words, for the log.</param>
    public Task EndAsync(string why)
    {
        lock (gate)
        {
            if (isRunning)
            {
                isRunning = false;
                end = EndNowAsync(why);
            }

            return end;
        }
    }

    /// <summary>When the release is what was expected, the first launch of it will yield this generation. Else it is ended.</summary>
    public async Task HandOverAsync(Release release)
    {
        if (expected?.IsServedLike(release) != true)
        {
            await EndAsync("the release has turned out to be another");
            return;
        }

        lock (gate)
        {
            if (!isRunning)
            {
                return;
            }

            isRunning = false;
        }

        await over.CancelAsync();
        if (await launch is { } generation)
        {
            launcher.Adopt(generation);
        }
    }

    public void Dispose() => over.Dispose();

    private async Task<Generation?> LaunchAsync(Release release)
    {
        try
        {
            var generation = await launcher.LaunchAsync(number, release, isCanary: false);
            launched();
            return generation;
        }
        catch (StartupException)
        {
            return null;
        }
    }

    private async Task LimitAsync()
    {
        var limit = Task.Delay(Limit, time, over.Token);
        await limit.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (limit.IsCompletedSuccessfully)
        {
            await EndAsync(string.Create(CultureInfo.InvariantCulture, $"whether anything has to come first is not known after {Limit.TotalMilliseconds} ms"));
        }
    }

    private async Task EndNowAsync(string why)
    {
        await over.CancelAsync();
        if (await launch is { } generation)
        {
            using (generation)
            {
                _ = await generation.EndAsync(Grace);
                log.EndedAhead(Path.GetFileName(expected!.Options.Gunicorn.Command[0]), generation.ArbiterPid, number, why);
            }
        }
    }
}
