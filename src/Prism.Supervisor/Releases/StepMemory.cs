using System.Globalization;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Database;
using Prism.Supervisor.Steps;

namespace Prism.Supervisor.Releases;

/// <summary>Whether a step has anything to do, by what was remembered of its last success. In doubt it has.</summary>
internal sealed class StepMemory(TimeProvider time, ILogger<StepMemory> log)
{
    private int hasTold;

    /// <summary>What the configuration decides by itself; null: it depends on what has changed.</summary>
    public StepDecision? Settled(ManageStep step)
    {
        if (step is { When: StepPolicy.Never, Command.Count: > 0 })
        {
            return Skip(step, $"{step.Setting}When is never");
        }

        if (step is { When: StepPolicy.Changed, Command.Count: > 0, Fingerprint: null })
        {
            TellOnce();
        }

        return step is { When: StepPolicy.Changed, Command.Count: > 0, Fingerprint: not null } ? null : StepDecision.Run;
    }

    /// <summary>Whether the step has nothing to do as long as the database is the one that it was. Never of one that the configuration wants each time, left out or not.</summary>
    public bool IsExpectedToBeSkipped(ManageStep step, string stateDirectory) => step switch
    {
        { When: StepPolicy.Always } => false,
        { Command.Count: 0 } or { When: StepPolicy.Never } => true,
        { Fingerprint: { } fingerprint } => Record(step, stateDirectory).Read()?.Fingerprint == fingerprint,
        _ => false,
    };

    /// <param name="stateDirectory">Where the memory is.</param>
    /// <param name="database">Asks the database that the step changes.</param>
    public async Task<StepDecision> DecideAsync(ManageStep step, string stateDirectory, Func<CancellationToken, Task<IdentityAnswer>> database, CancellationToken stopping) =>
        Settled(step) ?? await CompareAsync(step, stateDirectory, database, stopping);

    /// <summary>To be called before the step changes anything.</summary>
    public void Begin(ManageStep step, string stateDirectory) => Record(step, stateDirectory).Forget();

    /// <summary>To be called when it has succeeded: the database is asked anew, since the step has changed it.</summary>
    public async Task SucceededAsync(ManageStep step, string stateDirectory, Func<CancellationToken, Task<IdentityAnswer>> database, CancellationToken stopping)
    {
        if (step is not { Fingerprint: { } fingerprint, Command.Count: > 0 })
        {
            return;
        }

        var answer = await database(stopping);
        if (answer.Text is { } text)
        {
            Record(step, stateDirectory).Keep(new StepSuccess(fingerprint, DigestOf(text), time.GetUtcNow()));
        }
        else
        {
            log.NotRemembered(answer == IdentityAnswer.None ? LogLevel.Debug : LogLevel.Information, answer.Why!, step.Name);
        }
    }

    private async Task<StepDecision> CompareAsync(ManageStep step, string stateDirectory, Func<CancellationToken, Task<IdentityAnswer>> database, CancellationToken stopping)
    {
        if (Record(step, stateDirectory).Read() is not { } success)
        {
            return StepDecision.Run;
        }

        var since = string.Create(CultureInfo.InvariantCulture, $"since it succeeded at {success.At.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");
        if (success.Fingerprint != step.Fingerprint)
        {
            return Run($"the release, its command or its settings have changed {since}");
        }

        var answer = await database(stopping);
        return answer.Text is not { } text ? Run($"the database cannot be asked what it is: {answer.Why}")
            : DigestOf(text) != success.Database ? Run($"the database is another, or its migrations are others, {since}")
            : Skip(step, $"nothing has changed {since}");

        StepDecision Run(string why)
        {
            log.MustRun(step.Name, why);
            return StepDecision.Run;
        }
    }

    private StepDecision Skip(ManageStep step, string reason)
    {
        log.Skipped(step.Name, reason);
        return new StepDecision(reason);
    }

    private StepRecord Record(ManageStep step, string stateDirectory) => new(stateDirectory, step.Name, log);

    private static string DigestOf(string database) => Digest.Of("database 1", database);

    private void TellOnce()
    {
        if (Interlocked.Exchange(ref hasTold, 1) == 0)
        {
            log.NothingSkipped();
        }
    }
}
