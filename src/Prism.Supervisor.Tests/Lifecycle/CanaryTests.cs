using Prism.Supervisor.Lifecycle;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Lifecycle;

public sealed class CanaryTests
{
    [Fact]
    public void It_is_asked_often_and_the_first_bad_answer_is_one_too_many()
    {
        var options = TestOptions.Default with { Health = TestOptions.Default.Health with { Period = TimeSpan.FromSeconds(10), FailureThreshold = 3 } };

        var watched = Canary.Watched(options);

        Assert.Equal(options with { Health = options.Health with { Period = TimeSpan.FromMilliseconds(200), FailureThreshold = 1 } }, watched);
    }

    [Fact]
    public void Who_is_asked_more_often_anyway_stays_so()
    {
        var often = TimeSpan.FromMilliseconds(50);

        Assert.Equal(often, Canary.Watched(TestOptions.Default with { Health = TestOptions.Default.Health with { Period = often } }).Health.Period);
    }
}
