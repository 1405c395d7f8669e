namespace Prism.Supervisor.Secrets;

/// <summary>One reading of the secret file: its values, what was opened by what, and what the operator should know. Only the values are secret.</summary>
internal sealed record SecretReading(SecretEnvironment Values, string Opened, IReadOnlyList<string> Warnings);
