namespace Prism.Supervisor.Secrets.Age;

/// <summary>A recipient's share of an age header: its type, its arguments, and the file key wrapped for it.</summary>
internal sealed record Stanza(string Type, IReadOnlyList<string> Arguments, byte[] Body);
