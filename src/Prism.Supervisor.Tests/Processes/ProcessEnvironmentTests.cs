using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Tests.Processes;

public sealed class ProcessEnvironmentTests
{
    [Fact]
    public void Nothing_that_prints_it_shows_a_value()
    {
        var environment = ProcessEnvironment.Empty.With("SECRET_KEY", "hunter2-hunter2");
        var spec = new ProcessSpec("migrate", "/bin/true", [], environment, "/", []);

        Assert.Equal("1 variables", environment.ToString());
        Assert.DoesNotContain("hunter2", spec.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_later_value_wins_and_the_earlier_environment_stays_as_it_was()
    {
        var first = ProcessEnvironment.Empty.With("A", "1").With("B", "1");

        var second = first.With([new("B", new Secret("2")), new("B", new Secret("3")), new("C", new Secret("4"))]);

        Assert.Equal(["A=1", "B=3", "C=4"], second.Reveal().Order());
        Assert.Equal("1", first["B"]);
        Assert.Null(first["C"]);
    }

    [Fact]
    public void It_is_the_same_with_the_same_names_and_values_in_whatever_order()
    {
        var environment = ProcessEnvironment.Empty.With("A", "1").With("B", "2");

        Assert.True(environment.IsSameAs(ProcessEnvironment.Empty.With("B", "2").With("A", "1")));
        Assert.False(environment.IsSameAs(environment.With("B", "3")));
        Assert.False(environment.IsSameAs(environment.With("C", "3")));
        Assert.False(environment.With("C", "3").IsSameAs(environment));
        Assert.False(environment.IsSameAs(ProcessEnvironment.Empty.With("A", "1").With("b", "2")));
    }

    [Fact]
    public void Names_that_differ_in_case_are_two()
    {
        var environment = ProcessEnvironment.Empty.With("http_proxy", "a").With("HTTP_PROXY", "b");

        Assert.Equal(2, environment.Names.Count);
    }
}
