using Prism.Supervisor.Secrets;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Secrets;

/// <summary>The values are the ones systemd gave: our reader beside awkward.txt, which a real systemd wrote (Host/SystemdValuesTests).</summary>
public sealed class SystemdValuesTests
{
    [Fact]
    public void A_file_in_clear_is_read_as_systemd_reads_it()
    {
        var verdict = AwkwardVerdict.OfPlain(SystemdOracle.Read());

        Tally.Say("awkward-clear", verdict.Summary);
        Assert.True(verdict.Faults.Count == 0, string.Join('\n', verdict.Faults));
    }

    [Fact]
    public void A_sops_file_is_read_as_systemd_reads_what_sops_prints_and_warns_where_sops_itself_differs()
    {
        var verdict = AwkwardVerdict.OfSops(SystemdOracle.Read());

        Tally.Say("awkward-sops", verdict.Summary);
        Assert.True(verdict.Faults.Count == 0, string.Join('\n', verdict.Faults));
    }

    [Theory]
    [InlineData('\ufdcf', false)]
    [InlineData('\ufdd0', true)]
    [InlineData('\ufdef', true)]
    [InlineData('\ufdf0', false)]
    [InlineData('\ufffd', false)]
    [InlineData('\ufffe', true)]
    public void A_noncharacter_is_refused_as_systemd_does(char c, bool refused)
    {
        Assert.Equal(refused, EnvironmentFile.Parse($"A={c}").NotUtf8.Count > 0);
        Assert.Empty(EnvironmentFile.Parse($"# {c}\nnonsense {c}\nA=b").NotUtf8);
    }

    [Fact]
    public void The_corpus_is_large() => Assert.InRange(AwkwardFiles.All.Count, 500, 2000);
}
