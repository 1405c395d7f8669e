using Microsoft.Extensions.Logging;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Lifecycle;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Lifecycle;

/// <summary>What the table promises, promise by promise. The whole table is in <see cref="TransitionTableTests"/>.</summary>
public sealed class TransitionsTests
{
    private static readonly RestartOptions Restart = TestOptions.Default.Restart with { Limit = 3 };

    [Fact]
    public void Ready_is_told_only_after_the_arbiters_word_and_a_good_answer()
    {
        var (half, nothing) = Transitions.Step(UnitState.Initial, new UnitEvent.ArbiterReady(1), Restart);
        var (whole, effects) = Transitions.Step(half, new UnitEvent.BecameHealthy(1), Restart);

        Assert.Empty(nothing);
        Assert.Equal(Phase.Serving, whole.Phase);
        Assert.Contains(new Effect.TellReady(), effects);
    }

    [Fact]
    public void Ready_is_told_too_when_the_good_answer_comes_first()
    {
        var (half, nothing) = Transitions.Step(UnitState.Initial, new UnitEvent.BecameHealthy(1), Restart);
        var (whole, effects) = Transitions.Step(half, new UnitEvent.ArbiterReady(1), Restart);

        Assert.Empty(nothing);
        Assert.Equal(Phase.Serving, whole.Phase);
        Assert.Contains(new Effect.TellReady(), effects);
    }

    [Fact]
    public void The_arbiters_word_said_twice_is_no_good_answer()
    {
        var effects = Play(UnitState.Initial, new UnitEvent.ArbiterReady(1), new UnitEvent.ArbiterReady(1)).Effects;

        Assert.Empty(effects);
    }

    [Fact]
    public void Ready_is_told_once_and_not_again_by_the_next_generation()
    {
        var effects = Play(
            UnitState.Initial,
            new UnitEvent.ArbiterReady(1),
            new UnitEvent.BecameHealthy(1),
            new UnitEvent.Exited(1, ExitCode.ServerDidNotComeUp, "gone"),
            new UnitEvent.TreeEnded(1),
            new UnitEvent.ArbiterReady(2),
            new UnitEvent.BecameHealthy(2)).Effects;

        _ = Assert.Single(effects.OfType<Effect.TellReady>());
        Assert.Equal(2, effects.OfType<Effect.SayServing>().Count());
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void An_exit_before_the_first_ready_is_a_failed_start(bool arbiterReady, bool probeSucceeded)
    {
        var starting = UnitState.Initial with { ArbiterReady = arbiterReady, ProbeSucceeded = probeSucceeded };

        var (state, effects) = Play(starting, new UnitEvent.Exited(1, ExitCode.ServerDidNotComeUp, "ImportError"), new UnitEvent.TreeEnded(1));

        Assert.Equal(Phase.Ended, state.Phase);
        Assert.DoesNotContain(effects, effect => effect is Effect.Launch);
        Assert.Equal(new UnitFailure(ExitCode.ServerDidNotComeUp, "ImportError"), Assert.Single(effects.OfType<Effect.Finish>()).Failure);
    }

    [Fact]
    public void A_start_that_takes_too_long_is_ended_and_fails()
    {
        var (state, effects) = Play(UnitState.Initial, new UnitEvent.StartFailed(1, "no answer"), new UnitEvent.TreeEnded(1));

        Assert.Equal(Phase.Ended, state.Phase);
        Assert.Contains(new Effect.End(1, Grace.Short), effects);
        Assert.Equal(ExitCode.ServerDidNotComeUp, Assert.Single(effects.OfType<Effect.Finish>()).Failure!.Code);
    }

    [Fact]
    public void A_site_that_answered_and_fell_ill_before_its_arbiter_was_ready_has_failed_to_start()
    {
        var (state, _) = Play(UnitState.Initial, new UnitEvent.BecameHealthy(1), new UnitEvent.BecameUnhealthy(1, "500"), new UnitEvent.ArbiterReady(1));

        Assert.Equal(Phase.Ending, state.Phase);
        Assert.Equal(ExitCode.ServerDidNotComeUp, state.Failure!.Code);
    }

    [Fact]
    public void The_first_crash_in_a_row_restarts_at_once()
    {
        var (state, effects) = Play(Serving(crashes: 0), new UnitEvent.Exited(5, ExitCode.ServerDidNotComeUp, "gone"), new UnitEvent.TreeEnded(5));

        Assert.Equal(Phase.Restarting, state.Phase);
        Assert.Contains(new Effect.Launch(6, Role.Current), effects);
    }

    [Fact]
    public void Nobody_waits_for_the_orphans_of_the_first_crash_to_finish()
    {
        var (state, effects) = Transitions.Step(Serving(crashes: 0), new UnitEvent.Exited(5, ExitCode.ServerDidNotComeUp, "gone"), Restart);

        Assert.Equal((Phase.Restarting, 6, 5), (state.Phase, state.Generation, state.Orphans));
        Assert.Equal([new Effect.End(5, Grace.Short), new Effect.Launch(6, Role.Current)], effects.Where(effect => effect is Effect.End or Effect.Launch));
    }

    [Fact]
    public void A_reload_waits_for_orphans_to_finish()
    {
        var crashed = Transitions.Step(Serving(crashes: 0), new UnitEvent.Exited(5, ExitCode.ServerDidNotComeUp, "gone"), Restart).State;

        var (_, before) = Transitions.Step(crashed, new UnitEvent.ReloadRequested(), Restart);
        var (_, after) = Play(crashed, new UnitEvent.ReloadRequested(), new UnitEvent.TreeEnded(5));

        Assert.Empty(before);
        Assert.Contains(new Effect.Prepare(), after);
    }

    [Fact]
    public void Later_crashes_in_a_row_back_off_first()
    {
        var (state, effects) = Play(Serving(crashes: 1), new UnitEvent.Exited(5, ExitCode.ServerDidNotComeUp, "gone"), new UnitEvent.TreeEnded(5));
        var (after, launched) = Transitions.Step(state, new UnitEvent.BackoffElapsed(5), Restart);

        Assert.Equal(Phase.BackingOff, state.Phase);
        Assert.Contains(new Effect.BackOff(5, 2), effects);
        Assert.DoesNotContain(effects, effect => effect is Effect.Launch);
        Assert.Equal(Phase.Restarting, after.Phase);
        Assert.Equal([new Effect.Launch(6, Role.Current)], launched);
    }

    [Fact]
    public void The_next_generation_is_never_launched_before_nothing_is_left_of_the_last()
    {
        var (state, effects) = Transitions.Step(Serving(crashes: 0), new UnitEvent.BecameUnhealthy(5, "500"), Restart);

        Assert.Equal(Phase.Ending, state.Phase);
        Assert.DoesNotContain(effects, effect => effect is Effect.Launch);
    }

    [Fact]
    public void One_crash_past_the_limit_gives_up()
    {
        var (_, effects) = Play(Serving(crashes: Restart.Limit), new UnitEvent.Exited(5, ExitCode.ServerDidNotComeUp, "gone"), new UnitEvent.TreeEnded(5));

        var failure = Assert.Single(effects.OfType<Effect.Finish>()).Failure!;
        Assert.Equal(ExitCode.GivenUp, failure.Code);
        Assert.Contains("4 crashes in a row", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_crash_at_the_limit_is_still_mended()
    {
        var (state, _) = Play(Serving(crashes: Restart.Limit - 1), new UnitEvent.Exited(5, ExitCode.ServerDidNotComeUp, "gone"), new UnitEvent.TreeEnded(5));

        Assert.Equal(Phase.BackingOff, state.Phase);
    }

    [Fact]
    public void A_generation_that_never_came_up_after_a_crash_counts_as_one_more()
    {
        var restarting = Serving(crashes: 1) with { Phase = Phase.Restarting };

        var (state, _) = Transitions.Step(restarting, new UnitEvent.StartFailed(5, "slow"), Restart);

        Assert.Equal(2, state.Crashes);
    }

    [Fact]
    public void Staying_healthy_forgets_the_crashes()
    {
        var (state, _) = Transitions.Step(Serving(crashes: 3), new UnitEvent.StayedHealthy(5), Restart);

        Assert.Equal(0, state.Crashes);
        Assert.Equal(Phase.Serving, state.Phase);
    }

    [Theory]
    [MemberData(nameof(Phases))]
    public void A_retired_generation_changes_nothing(string phase)
    {
        var state = Serving(crashes: 1) with { Phase = Enum.Parse<Phase>(phase) };
        foreach (var what in EventCatalog.OfGeneration(4))
        {
            var (after, effects) = Transitions.Step(state, what, Restart);

            Assert.Equal(state, after);
            Assert.Empty(effects);
        }
    }

    [Theory]
    [MemberData(nameof(Phases))]
    public void After_a_stop_nothing_is_launched_whatever_comes(string phase)
    {
        var state = Serving(crashes: 1) with { Phase = Enum.Parse<Phase>(phase) };

        var (stopping, _) = Transitions.Step(state, new UnitEvent.StopRequested(), Restart);

        foreach (var first in EventCatalog.OfGeneration(5))
        {
            foreach (var second in EventCatalog.OfGeneration(5))
            {
                Assert.DoesNotContain(Play(stopping, first, second).Effects, effect => effect is Effect.Launch);
            }
        }
    }

    [Theory]
    [InlineData(nameof(Phase.Serving), nameof(Grace.Full))]
    [InlineData(nameof(Phase.Starting), nameof(Grace.Short))]
    [InlineData(nameof(Phase.Restarting), nameof(Grace.Short))]
    public void A_stop_ends_the_generation_with_the_grace_it_deserves(string phase, string grace)
    {
        var state = Serving(crashes: 0) with { Phase = Enum.Parse<Phase>(phase) };

        var (stopping, effects) = Transitions.Step(state, new UnitEvent.StopRequested(), Restart);
        var (ended, last) = Transitions.Step(stopping, new UnitEvent.TreeEnded(5), Restart);

        Assert.Contains(new Effect.TellStopping(), effects);
        Assert.Contains(new Effect.End(5, Enum.Parse<Grace>(grace)), effects);
        Assert.Equal(Phase.Ended, ended.Phase);
        Assert.Equal([new Effect.Finish(null)], last);
    }

    [Fact]
    public void A_stop_while_backing_off_is_done_at_once()
    {
        var (state, effects) = Transitions.Step(Serving(crashes: 2) with { Phase = Phase.BackingOff, HasTree = false }, new UnitEvent.StopRequested(), Restart);

        Assert.Equal(Phase.Ended, state.Phase);
        Assert.Equal(new Effect.Finish(null), effects[^1]);
    }

    [Fact]
    public void What_is_given_up_during_a_reload_is_said_at_once()
    {
        var reloading = Serving(crashes: 3) with { Rollout = new Rollout(Stage.Preparing) };

        var (state, effects) = Transitions.Step(reloading, new UnitEvent.Exited(5, ExitCode.ServerDidNotComeUp, "gone"), Restart);

        Assert.Equal(ExitCode.GivenUp, state.Failure?.Code);
        Assert.Equal(
            new Effect.Say(LogLevel.Error, "Generation 5 is given up after 4 crashes in a row, the last: gone; nothing serves until the reload under way has brought the next"),
            effects[0]);
        Assert.DoesNotContain(Transitions.Step(Serving(crashes: 3), new UnitEvent.Exited(5, ExitCode.ServerDidNotComeUp, "gone"), Restart).Effects, effect => effect is Effect.Say);
    }

    [Fact]
    public void A_second_stop_hurries()
    {
        var (_, effects) = Transitions.Step(Serving(crashes: 0) with { Phase = Phase.Stopping }, new UnitEvent.StopRequested(), Restart);

        Assert.Equal([new Effect.End(5, Grace.None)], effects);
    }

    [Fact]
    public void An_exit_that_was_asked_for_is_no_crash()
    {
        var stopping = Serving(crashes: 0) with { Phase = Phase.Stopping };

        var (state, effects) = Transitions.Step(stopping, new UnitEvent.Exited(5, ExitCode.ServerDidNotComeUp, "exited with code 0"), Restart);

        Assert.Equal(stopping, state);
        Assert.Empty(effects);
    }

    public static TheoryData<string> Phases() => [.. Enum.GetNames<Phase>()];

    private static UnitState Serving(int crashes) => UnitState.Initial with { Phase = Phase.Serving, Generation = 5, Last = 5, ArbiterReady = true, ProbeSucceeded = true, Crashes = crashes };

    private static (UnitState State, List<Effect> Effects) Play(UnitState state, params UnitEvent[] events)
    {
        var all = new List<Effect>();
        foreach (var what in events)
        {
            (state, var effects) = Transitions.Step(state, what, Restart);
            all.AddRange(effects);
        }

        return (state, all);
    }
}
