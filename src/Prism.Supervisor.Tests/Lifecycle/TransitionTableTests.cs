using System.Globalization;
using System.Text;
using Prism.Supervisor.Lifecycle;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Lifecycle;

/// <summary>Every pair of state and event, printed and compared with transitions.txt: whoever changes the table shows what changed. PRISM_ACCEPT=1 writes the file anew.</summary>
public sealed class TransitionTableTests
{
    private const int Current = 5;
    private const int Retired = 4;
    private const int Other = 7;

    private static readonly string File = Path.Combine(Repository.Root, "src", "Prism.Supervisor.Tests", "Lifecycle", "transitions.txt");

    private static readonly Rollout Preparing = new(Stage.Preparing);

    private static readonly UnitFailure GivenUp = new(ExitCode.GivenUp, "why");

    private static readonly (string Name, UnitState State)[] States =
    [
        ("Starting", In(Phase.Starting)),
        ("Starting, the arbiter is ready", In(Phase.Starting) with { ArbiterReady = true }),
        ("Starting, the probe has succeeded", In(Phase.Starting) with { ProbeSucceeded = true }),
        ("Serving", Proven(Phase.Serving)),
        ("Serving, after 1 crash", Proven(Phase.Serving) with { Crashes = 1 }),
        ("Serving, after as many crashes as the limit", Proven(Phase.Serving) with { Crashes = 3 }),
        ("Ending after 1 crash", Proven(Phase.Ending) with { Crashes = 1 }),
        ("Ending after 2 crashes", Proven(Phase.Ending) with { Crashes = 2 }),
        ("Ending after a failed start", In(Phase.Ending) with { Failure = new UnitFailure(ExitCode.ServerDidNotComeUp, "why") }),
        ("Backing off", Proven(Phase.BackingOff) with { Crashes = 2, HasTree = false }),
        ("Restarting after 1 crash", In(Phase.Restarting) with { Crashes = 1 }),
        ("Restarting, the arbiter is ready", In(Phase.Restarting) with { Crashes = 1, ArbiterReady = true }),
        ("Restarting, the probe has succeeded", In(Phase.Restarting) with { Crashes = 1, ProbeSucceeded = true }),
        ("Restarting, after as many crashes as the limit", In(Phase.Restarting) with { Crashes = 3 }),
        ("Serving, a reload is prepared", Proven(Phase.Serving) with { Rollout = Preparing }),
        ("Serving, a reload is prepared and another is wanted", Proven(Phase.Serving) with { Rollout = Preparing, ReloadQueued = true }),
        ("Serving, a canary runs", With(Phase.Serving, Stage.Trying)),
        ("Serving, a canary's arbiter is ready", With(Phase.Serving, Stage.Trying, arbiterReady: true)),
        ("Serving, a canary has proven itself", With(Phase.Serving, Stage.Trying, arbiterReady: true, probeSucceeded: true)),
        ("Serving, the canary is being ended", With(Phase.Serving, Stage.Dismissing)),
        ("Serving, the next generation runs", With(Phase.Serving, Stage.Proving)),
        ("Serving, the next generation has answered the probe", With(Phase.Serving, Stage.Proving, probeSucceeded: true)),
        ("Serving, the old generation is being ended", With(Phase.Serving, Stage.Retiring)),
        ("Serving, the old generation is being ended and another reload is wanted", With(Phase.Serving, Stage.Retiring) with { ReloadQueued = true }),
        ("Serving, what failed is being ended", With(Phase.Serving, Stage.Abandoning)),
        ("Ending after 1 crash, a reload is prepared", Proven(Phase.Ending) with { Crashes = 1, Rollout = Preparing }),
        ("Ending after 1 crash, the next generation has said it is ready", With(Phase.Ending, Stage.Proving, arbiterReady: true) with { Crashes = 1 }),
        ("Ending past the limit, a canary runs", With(Phase.Ending, Stage.Trying) with { Failure = GivenUp }),
        ("Backing off, the next generation has said it is ready", With(Phase.BackingOff, Stage.Proving, arbiterReady: true) with { Crashes = 2, HasTree = false }),
        ("Restarting, the next generation has said it is ready", With(Phase.Restarting, Stage.Proving, arbiterReady: true) with { Crashes = 1 }),
        ("Waiting after 1 crash for the next generation", With(Phase.Waiting, Stage.Proving, arbiterReady: true) with { Crashes = 1, HasTree = false }),
        ("Waiting after 1 crash, the next generation is being ended", With(Phase.Waiting, Stage.Abandoning) with { Crashes = 1, HasTree = false }),
        ("Waiting past the limit, a reload is prepared", In(Phase.Waiting) with { HasTree = false, Failure = GivenUp, Rollout = Preparing }),
        ("Waiting past the limit, what failed is being ended and another reload is wanted", With(Phase.Waiting, Stage.Abandoning) with { HasTree = false, Failure = GivenUp, ReloadQueued = true }),
        ("Starting, a reload is wanted", In(Phase.Starting) with { ArbiterReady = true, ReloadQueued = true }),
        ("Stopping", Proven(Phase.Stopping)),
        ("Stopping, a reload is being prepared", Proven(Phase.Stopping) with { Rollout = Preparing }),
        ("Stopping, two generations are being ended", With(Phase.Stopping, Stage.Abandoning)),
        ("Stopping, only the other one is left", With(Phase.Stopping, Stage.Retiring) with { HasTree = false }),
        ("Stopping after a failed start", In(Phase.Stopping) with { Failure = new UnitFailure(ExitCode.ServerDidNotComeUp, "why") }),
        ("Restarting after 1 crash, orphans finish", In(Phase.Restarting) with { Crashes = 1, Orphans = Retired }),
        ("Restarting after 1 crash, orphans finish and a reload is wanted", In(Phase.Restarting) with { Crashes = 1, Orphans = Retired, ReloadQueued = true }),
        ("Serving, orphans finish", Proven(Phase.Serving) with { Crashes = 1, Orphans = Retired }),
        ("Serving and the crash forgotten, orphans finish", Proven(Phase.Serving) with { Orphans = Retired }),
        ("Ending after 2 crashes, orphans finish", Proven(Phase.Ending) with { Crashes = 2, Orphans = Retired }),
        ("Ending past the limit, orphans finish", Proven(Phase.Ending) with { Failure = GivenUp, Orphans = Retired }),
        ("Ending past the limit, only orphans are left and a reload is wanted", Proven(Phase.Ending) with { Failure = GivenUp, HasTree = false, Orphans = Retired, ReloadQueued = true }),
        ("Restarting after 1 crash, orphans finish and a reload is prepared", In(Phase.Restarting) with { Crashes = 1, Orphans = Retired, Rollout = Preparing }),
        ("Serving, orphans finish, a reload is prepared and another is wanted", Proven(Phase.Serving) with { Crashes = 1, Orphans = Retired, Rollout = Preparing, ReloadQueued = true }),
        ("Serving, orphans finish and the canary is being ended", With(Phase.Serving, Stage.Dismissing) with { Crashes = 1, Orphans = Retired }),
        ("Serving, orphans finish before the next generation", Proven(Phase.Serving) with { Crashes = 1, Orphans = Retired, Rollout = new Rollout(Stage.Dismissing) }),
        ("Serving past as many crashes as the limit, a reload is prepared", Proven(Phase.Serving) with { Crashes = 3, Rollout = Preparing }),
        ("Stopping, orphans finish", Proven(Phase.Stopping) with { Orphans = Retired }),
        ("Ended", In(Phase.Ended)),
    ];

    [Fact]
    public void Every_phase_is_in_the_table() =>
        Assert.Empty(Enum.GetValues<Phase>().Except(States.Select(one => one.State.Phase)));

    [Fact]
    public void Every_stage_is_in_the_table() =>
        Assert.Empty(Enum.GetValues<Stage>().Except(States.Select(one => one.State.Rollout?.Stage).OfType<Stage>()));

    [Fact]
    public void The_table_is_the_one_that_was_agreed_on()
    {
        var table = Print();
        if (Environment.GetEnvironmentVariable("PRISM_ACCEPT") == "1")
        {
            System.IO.File.WriteAllText(File, table);
        }

        var agreed = System.IO.File.Exists(File) ? System.IO.File.ReadAllText(File) : "";

        Assert.True(table == agreed, $"The table has changed; look at the difference, then run this test with PRISM_ACCEPT=1.\n{Difference(agreed, table)}");
    }

    private static UnitState In(Phase phase) => UnitState.Initial with { Phase = phase, Generation = Current, Last = Current };

    private static UnitState Proven(Phase phase) => In(phase) with { ArbiterReady = true, ProbeSucceeded = true };

    /// <summary>A reload beside a generation that has proven itself, at a stage that is about generation 7.</summary>
    private static UnitState With(Phase phase, Stage stage, bool arbiterReady = false, bool probeSucceeded = false) =>
        Proven(phase) with { Last = Other, Rollout = new Rollout(stage, Other, arbiterReady, probeSucceeded, stage == Stage.Abandoning ? "why" : null) };

    private static string Print()
    {
        var restart = TestOptions.Default.Restart with { Limit = 3 };
        UnitEvent[] events = [.. EventCatalog.OfGeneration(Current), .. EventCatalog.OfGeneration(Other), .. EventCatalog.OfUnit, .. EventCatalog.OfGeneration(Retired)];
        var table = new StringBuilder("The current generation is 5, a reload's other one is 7, the limit is 3 crashes in a row. Pairs that are left out change nothing.\n");
        foreach (var (name, state) in States)
        {
            _ = table.Append('\n').Append(name).Append('\n');
            foreach (var what in events)
            {
                var (next, effects) = Transitions.Step(state, what, restart);
                if (next != state || effects.Count > 0)
                {
                    _ = table.Append($"    {Short(what),-30} {Changes(state, next),-34} {string.Join(", ", effects.Select(Short))}".TrimEnd()).Append('\n');
                }
            }
        }

        return table.ToString();
    }

    private static string Changes(UnitState before, UnitState after)
    {
        var changes = new List<string>();
        if (before.Phase != after.Phase)
        {
            changes.Add(after.Phase.ToString());
        }

        changes.AddRange(typeof(UnitState).GetProperties()
            .Where(property => property.Name != nameof(UnitState.Phase) && !Equals(property.GetValue(before), property.GetValue(after)))
            .Select(property => $"{property.Name}={Value(property.GetValue(after))}"));
        return changes.Count == 0 ? "-" : string.Join(' ', changes);
    }

    private static object? Value(object? value) => value switch
    {
        UnitFailure failure => failure.Code,
        Rollout rollout => $"{rollout.Stage}({rollout.Number}{(rollout.ArbiterReady ? ", ready" : "")}{(rollout.ProbeSucceeded ? ", answered" : "")})",
        _ => value,
    };

    /// <summary>"Exited(5)" instead of what a record prints.</summary>
    private static string Short(object record)
    {
        var values = record.GetType().GetProperties().Select(property => property.GetValue(record) switch
        {
            UnitFailure failure => failure.Code.ToString(),
            string text => text == "why" ? null : $"'{text}'",
            null => "success",
            var value => string.Create(CultureInfo.InvariantCulture, $"{value}"),
        }).Where(value => value is not null).ToList();
        return values.Count == 0 ? record.GetType().Name : $"{record.GetType().Name}({string.Join(", ", values)})";
    }

    private static string Difference(string before, string after)
    {
        var old = before.Split('\n');
        var now = after.Split('\n');
        return string.Join('\n', old.Except(now).Select(line => $"- {line}").Concat(now.Except(old).Select(line => $"+ {line}")));
    }
}
