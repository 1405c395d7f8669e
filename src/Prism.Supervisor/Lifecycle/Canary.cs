using Prism.Supervisor.Configuration;

namespace Prism.Supervisor.Lifecycle;

/// <summary>How a canary is judged: it is asked often, and nothing is forgiven, since nobody depends on it. Pure.</summary>
internal static class Canary
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(200);

    public static SupervisorOptions Watched(SupervisorOptions options) =>
        options with { Health = options.Health with { Period = options.Health.Period < Often ? options.Health.Period : Often, FailureThreshold = 1 } };
}
