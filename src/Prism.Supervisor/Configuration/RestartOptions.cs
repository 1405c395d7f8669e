namespace Prism.Supervisor.Configuration;

/// <summary>What follows a crash after the first READY=1.</summary>
/// <param name="InitialDelay">Before the second restart in a row; the first is immediate. Doubles each time.</param>
/// <param name="MaximumDelay">The longest delay, jitter included.</param>
/// <param name="HealthyAfter">This long without a crash, and the count starts anew.</param>
/// <param name="Limit">Crashes in a row after which the supervisor gives up and leaves the decision to systemd.</param>
internal sealed record RestartOptions(TimeSpan InitialDelay, TimeSpan MaximumDelay, TimeSpan HealthyAfter, int Limit);
