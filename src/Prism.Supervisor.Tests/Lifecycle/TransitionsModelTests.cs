using CsCheck;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Lifecycle;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Lifecycle;

/// <summary>Whatever comes in whatever order: what must never happen does not. Beside the table runs a world of processes that knows nothing of phases.</summary>
public sealed class TransitionsModelTests
{
    // What a story picks from: mostly something that can happen in the world as it is, at times any event of any generation.
    private static readonly Gen<(bool IsWild, int Pick, int Age)[]> Stories =
        Gen.Select(Gen.Frequency((6, Gen.Const(false)), (1, Gen.Const(true))), Gen.Int[0, 10_000], Gen.Int[0, 3]).Array[0, 120];

    [Fact]
    public void No_story_breaks_a_promise() => Stories.Sample(story => new World().Play(story), iter: 20_000);

    /// <summary>Which processes there are, what they have proven, and who waits for what.</summary>
    private sealed class World
    {
        private static readonly RestartOptions Restart = TestOptions.Default.Restart with { Limit = 3 };

        private readonly SortedDictionary<int, Role> running = new() { [1] = Role.Current };
        private readonly HashSet<int> ending = [];
        private readonly HashSet<int> launched = [1];
        private readonly HashSet<int> ready = [];
        private readonly HashSet<int> answered = [];
        private readonly HashSet<int> sick = [];
        private readonly HashSet<int> exited = [];
        private readonly List<UnitEvent> timers = [];
        private UnitState state = UnitState.Initial;
        private bool isPreparing, isStopping, isReloading, hasFinished, wasReady;
        private int current = 1;

        public void Play((bool IsWild, int Pick, int Age)[] story)
        {
            foreach (var (isWild, pick, age) in story.TakeWhile(_ => !hasFinished))
            {
                var events = isWild ? Wild(age) : Possible();
                Hear(events[pick % events.Count]);
            }

            // Wherever the story has led to: a stop, and the end of whatever runs, is the end.
            if (!hasFinished)
            {
                Hear(new UnitEvent.StopRequested());
            }

            while (!hasFinished)
            {
                Hear(isPreparing ? new UnitEvent.PreparationFailed("a stop") : new UnitEvent.TreeEnded(Assert.Single(running.Keys.Where(ending.Contains).Take(1))));
            }

            Assert.Empty(running);
            Assert.False(isPreparing);
            Assert.Equal(Phase.Ended, state.Phase);
        }

        private bool HasProven(int generation) => ready.Contains(generation) && answered.Contains(generation);

        /// <summary>Events that do not fit the world: late, early, of generations that are gone. None may end what runs.</summary>
        private List<UnitEvent> Wild(int age) =>
            [.. EventCatalog.OfGeneration(state.Last - age).Where(what => what is not UnitEvent.TreeEnded), .. EventCatalog.OfUnit.Where(what => what is not (UnitEvent.Prepared or UnitEvent.PreparationFailed))];

        private List<UnitEvent> Possible()
        {
            List<UnitEvent> events = [new UnitEvent.ReloadRequested(), new UnitEvent.WatchdogDue(), .. timers];
            foreach (var generation in running.Keys)
            {
                events.AddRange(EventCatalog.OfGeneration(generation).Where(what => what switch
                {
                    UnitEvent.TreeEnded => ending.Contains(generation),
                    UnitEvent.BackoffElapsed or UnitEvent.StayedHealthy => false,
                    _ => true,
                }));

                // Twice as likely, so that stories get somewhere.
                events.AddRange([new UnitEvent.ArbiterReady(generation), new UnitEvent.BecameHealthy(generation)]);
            }

            if (isPreparing)
            {
                events.AddRange([new UnitEvent.Prepared(), new UnitEvent.Prepared(), new UnitEvent.PreparationFailed("why")]);
            }

            return events;
        }

        private void Hear(UnitEvent what)
        {
            _ = timers.Remove(what);
            switch (what)
            {
                case UnitEvent.TreeEnded(var generation):
                    Assert.True(running.Remove(generation));
                    break;
                case UnitEvent.Prepared or UnitEvent.PreparationFailed:
                    isPreparing = false;
                    break;
                case UnitEvent.StopRequested:
                    isStopping = true;
                    break;
                case UnitEvent.ArbiterReady(var generation):
                    _ = ready.Add(generation);
                    break;
                case UnitEvent.BecameHealthy(var generation):
                    _ = answered.Add(generation);
                    break;
                case UnitEvent.Exited(var generation, _, _):
                    _ = exited.Add(generation);
                    break;
                case UnitEvent.BecameUnhealthy(var generation, _):
                    _ = sick.Add(generation);
                    break;
            }

            var before = state;
            (state, var effects) = Transitions.Step(state, what, Restart);
            if (before.Phase == Phase.Stopping)
            {
                Assert.True(state.Phase is Phase.Stopping or Phase.Ended);
            }

            if (what is UnitEvent.ReloadRequested && before.Rollout is not null && !isStopping)
            {
                Assert.True(state.ReloadQueued);
            }

            foreach (var effect in effects)
            {
                Assert.False(hasFinished);
                Perform(effect);
            }

            Assert.True(running.Values.Count(role => role == Role.Canary) <= 1);
            Assert.True(running.Values.Count(role => role != Role.Canary) <= 2);
            Assert.Equal(current, state.Generation);
        }

        /// <summary>What has lost its arbiter finishes what it has in hand, whatever becomes of a reload meanwhile.</summary>
        private bool IsOrphaned(int generation, Role role) => role == Role.Current && exited.Contains(generation) && ending.Contains(generation);

        private void Perform(Effect effect)
        {
            switch (effect)
            {
                case Effect.Launch(var generation, var role):
                    Assert.False(isStopping);
                    Assert.True(launched.Add(generation));
                    Assert.Equal(launched.Max(), generation);
                    if (role == Role.Current)
                    {
                        // The one before is gone, or has lost its arbiter and is being ended; it is the same release again.
                        Assert.True(!running.ContainsKey(current) || (exited.Contains(current) && ending.Contains(current)));
                        Assert.True(wasReady);
                        current = generation;
                    }
                    else
                    {
                        Assert.True(isReloading);
                        Assert.DoesNotContain(Role.Canary, running.Values);
                    }

                    running.Add(generation, role);
                    break;
                case Effect.End(var generation, var grace):
                    Assert.Contains(generation, running.Keys);
                    Assert.True(grace == Grace.None || !ending.Contains(generation));
                    _ = ending.Add(generation);
                    break;
                case Effect.Promote(var generation):
                    Assert.True(HasProven(generation));
                    Assert.Equal(Role.Next, running[generation]);
                    Assert.DoesNotContain(generation, ending);
                    running[generation] = Role.Current;
                    current = generation;
                    break;
                case Effect.SayServing:
                    // The monitor ends with its verdict: nobody would ever find out.
                    Assert.True(HasProven(current));
                    Assert.DoesNotContain(current, sick);
                    break;
                case Effect.Prepare:
                    Assert.False(isPreparing || isStopping);
                    Assert.True(isReloading);
                    isPreparing = true;
                    break;
                case Effect.CancelPreparation:
                    Assert.True(isPreparing && isStopping);
                    break;
                case Effect.TellReloading:
                    Assert.False(isReloading || isStopping);
                    Assert.True(wasReady);
                    isReloading = true;
                    break;
                case Effect.ReloadSucceeded:
                    Assert.True(isReloading && HasProven(current));
                    Assert.Empty(running.Keys.Except([current]));
                    break;
                case Effect.ReloadFailed:
                    Assert.True(isReloading);
                    Assert.DoesNotContain(running, one => one.Key != current && !IsOrphaned(one.Key, one.Value));
                    Assert.False(isPreparing);
                    break;
                case Effect.TellReady:
                    Assert.False(isStopping);
                    Assert.True(isReloading || (!wasReady && HasProven(1)));
                    (isReloading, wasReady) = (false, true);
                    break;
                case Effect.TellStopping:
                    Assert.True(isStopping);
                    break;
                case Effect.AwaitHealthySpan(var generation):
                    timers.Add(new UnitEvent.StayedHealthy(generation));
                    break;
                case Effect.AwaitCanarySpan(var generation):
                    Assert.Equal(Role.Canary, running[generation]);
                    timers.Add(new UnitEvent.StayedHealthy(generation));
                    break;
                case Effect.BackOff(var generation, _):
                    timers.Add(new UnitEvent.BackoffElapsed(generation));
                    break;
                case Effect.Finish(var failure):
                    hasFinished = true;
                    Assert.Empty(running);
                    Assert.False(isPreparing);
                    Assert.Equal(failure is null, isStopping);
                    Assert.True(isStopping || failure!.Code == (wasReady ? ExitCode.GivenUp : ExitCode.ServerDidNotComeUp));
                    break;
            }
        }
    }
}
