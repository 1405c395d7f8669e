namespace Prism.Supervisor;

/// <summary>What secrets check was asked: null is what was not said.</summary>
internal sealed record CheckRequest(string? File, string? Config, string? Unit, string? Dialect, string? Unauthenticated);
