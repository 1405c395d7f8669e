namespace Prism.Supervisor.Configuration;

/// <summary>How the server is started and stopped.</summary>
/// <param name="Command">Command and arguments; what GunicornCommand says is added.</param>
/// <param name="GracefulTimeout">What requests in flight get after SIGTERM.</param>
/// <param name="StartTimeout">From launch to the first good answer; past it a start has failed.</param>
internal sealed record GunicornOptions(IReadOnlyList<string> Command, TimeSpan GracefulTimeout, TimeSpan StartTimeout);
