namespace Prism.Supervisor.Secrets.Sops;

/// <summary>Why no key here opens a file: the line for the operator, and whether an external sops could open it with a key of a kind that is not supported here.</summary>
internal sealed record Obstacle(StartupException Refusal, bool NeedsExternalSops);
