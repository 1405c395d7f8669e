namespace Prism.Supervisor.Releases;

/// <summary>That a step succeeded: what it depended on, and what it left behind.</summary>
/// <param name="Fingerprint">See <see cref="StepFingerprint"/>.</param>
/// <param name="Database">A digest of the database after it.</param>
internal sealed record StepSuccess(string Fingerprint, string Database, DateTimeOffset At);
