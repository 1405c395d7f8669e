using Prism.Supervisor.Lifecycle;

namespace Prism.Supervisor.Tests.Lifecycle;

public sealed class ReloadDeskTests
{
    private static readonly ReloadOutcome First = new(Succeeded: true, "the first");
    private static readonly ReloadOutcome Second = new(Succeeded: false, "the second");

    private readonly ReloadDesk desk = new();

    [Fact]
    public void All_who_have_arrived_wait_for_the_reload_that_begins()
    {
        Task<ReloadOutcome>[] waiting = [Ask(), Ask()];

        desk.Begin();
        desk.Answer(First);

        Assert.All(waiting, one => Assert.Equal(First, Outcome(one)));
    }

    [Fact]
    public void Who_asks_while_a_reload_runs_waits_for_the_next()
    {
        var early = Ask();
        desk.Begin();
        Task<ReloadOutcome>[] late = [Ask(), Ask()];

        desk.Answer(First);

        Assert.Equal(First, Outcome(early));
        Assert.All(late, one => Assert.False(one.IsCompleted));
        desk.Begin();
        desk.Answer(Second);
        Assert.All(late, one => Assert.Equal(Second, Outcome(one)));
    }

    [Fact]
    public void Who_has_asked_but_not_arrived_waits_for_the_next()
    {
        var asked = desk.Ask(static _ => { });

        desk.Begin();
        desk.Answer(First);

        Assert.False(asked.IsCompleted);
    }

    [Fact]
    public void Progress_is_told_to_those_whose_reload_it_is()
    {
        var (early, late) = (new List<string>(), new List<string>());
        _ = Ask(early.Add);
        desk.Begin();
        _ = Ask(late.Add);

        desk.Tell("one");
        desk.Answer(First);
        desk.Begin();
        desk.Tell("two");

        Assert.Equal(["one"], early);
        Assert.Equal(["two"], late);
    }

    [Fact]
    public void A_closed_desk_answers_all_who_wait_and_all_who_come()
    {
        var served = Ask();
        desk.Begin();
        var next = Ask();
        var asked = desk.Ask(static _ => { });

        desk.Close("closed");
        var late = desk.Ask(static _ => { });

        Assert.All([served, next, asked, late], one => Assert.Equal(new ReloadOutcome(Succeeded: false, "closed"), Outcome(one)));
    }

    [Fact]
    public void An_arrival_that_was_answered_already_disturbs_nobody()
    {
        desk.Close("closed");
        var late = desk.Ask(static _ => { });

        desk.Arrived();
        desk.Begin();
        desk.Answer(First);

        Assert.Equal("closed", Outcome(late).Text);
    }

    [Fact]
    public void Nobody_waits_and_nothing_happens()
    {
        desk.Arrived();
        desk.Begin();
        desk.Tell("alone");
        desk.Answer(First);
    }

    private static ReloadOutcome Outcome(Task<ReloadOutcome> asked)
    {
        Assert.True(asked.IsCompletedSuccessfully);
        return asked.GetAwaiter().GetResult();
    }

    private Task<ReloadOutcome> Ask(Action<string>? progress = null)
    {
        var outcome = desk.Ask(progress ?? (static _ => { }));
        desk.Arrived();
        return outcome;
    }
}
