using CsCheck;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Lifecycle;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Lifecycle;

/// <summary>Whatever comes in whatever order: what must never happen does not.</summary>
public sealed class TransitionsModelTests
{
    private static readonly int KindsOfGeneration = EventCatalog.OfGeneration(1).Count;

    private static readonly int Kinds = KindsOfGeneration + EventCatalog.OfUnit.Count;

    // Mostly of the current generation, at times of one that is retired.
    private static readonly Gen<(int Kind, int Age)[]> Stories =
        Gen.Select(Gen.Int[0, Kinds - 1], Gen.Frequency((6, Gen.Const(0)), (1, Gen.Const(1)))).Array[0, 80];

    [Fact]
    public void No_story_breaks_a_promise() => Stories.Sample(story => new Run().Play(story), iter: 20_000);

    private sealed class Run
    {
        private static readonly RestartOptions Restart = TestOptions.Default.Restart with { Limit = 3 };

        private readonly List<UnitEvent> heard = [];
        private readonly List<Effect> done = [];
        private UnitState state = UnitState.Initial;

        public void Play((int Kind, int Age)[] story)
        {
            foreach (var (kind, age) in story)
            {
                Hear(kind < KindsOfGeneration ? EventCatalog.OfGeneration(state.Generation - age)[kind] : EventCatalog.OfUnit[kind - KindsOfGeneration]);
            }

            // Wherever the story has led to: a stop, and the last process gone, is the end.
            Hear(new UnitEvent.StopRequested());
            Hear(new UnitEvent.TreeEnded(state.Generation));
            Assert.Equal(Phase.Ended, state.Phase);
            _ = Assert.Single(done.OfType<Effect.Finish>());
        }

        private void Hear(UnitEvent what)
        {
            heard.Add(what);
            var before = state;
            (state, var effects) = Transitions.Step(state, what, Restart);
            Assert.InRange(state.Generation, before.Generation, before.Generation + 1);
            foreach (var effect in effects)
            {
                Assert.DoesNotContain(done, one => one is Effect.Finish);
                Check(effect);
                done.Add(effect);
            }
        }

        private void Check(Effect effect)
        {
            switch (effect)
            {
                case Effect.TellReady:
                    Assert.DoesNotContain(effect, done);
                    Assert.Contains(new UnitEvent.ArbiterReady(state.Generation), heard);
                    Assert.Contains(new UnitEvent.BecameHealthy(state.Generation), heard);
                    break;
                case Effect.SayServing:
                    // The monitor ends with its verdict: nobody would ever find out.
                    Assert.DoesNotContain(heard, one => one is UnitEvent.BecameUnhealthy(var sick, _) && sick == state.Generation);
                    Assert.Contains(new UnitEvent.ArbiterReady(state.Generation), heard);
                    Assert.Contains(new UnitEvent.BecameHealthy(state.Generation), heard);
                    break;
                case Effect.Launch(var generation):
                    Assert.DoesNotContain(new UnitEvent.StopRequested(), heard);
                    Assert.DoesNotContain(effect, done);
                    Assert.Contains(done, one => one is Effect.End(var ended, _) && ended == generation - 1);
                    Assert.Contains(new UnitEvent.TreeEnded(generation - 1), heard);
                    Assert.Contains(new Effect.TellReady(), done);
                    break;
                case Effect.End(var generation, _):
                    Assert.Equal(state.Generation, generation);
                    break;
                case Effect.TellStopping:
                    Assert.Contains(new UnitEvent.StopRequested(), heard);
                    Assert.DoesNotContain(effect, done);
                    break;
                case Effect.Finish(null):
                    Assert.Contains(new UnitEvent.StopRequested(), heard);
                    break;
                case Effect.Finish({ Code: var code }):
                    Assert.Equal(done.Contains(new Effect.TellReady()) ? ExitCode.GivenUp : ExitCode.ServerDidNotComeUp, code);
                    break;
            }
        }
    }
}
