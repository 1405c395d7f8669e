namespace Prism.Supervisor.Tests;

public sealed class StepBoardTests
{
    private readonly List<string> lines = [];
    private readonly StepBoard board;

    public StepBoardTests() => board = new StepBoard(lines.Add);

    [Fact]
    public void What_runs_side_by_side_is_told_in_one_line()
    {
        var (migrate, collect) = (board.Line(), board.Line());

        migrate("1/2");
        collect("copying");
        migrate("2/2");

        Assert.Equal(["1/2", "1/2; copying", "2/2; copying"], lines);
    }

    [Fact]
    public void Who_is_done_leaves_the_line_to_the_other()
    {
        var (migrate, collect) = (board.Line(), board.Line());
        collect("copying");
        migrate("2/2");

        migrate("");
        collect("");

        Assert.Equal(["copying", "2/2; copying", "copying"], lines);
    }
}
