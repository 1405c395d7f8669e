namespace Prism.Supervisor.Memory;

/// <summary>One bound on the memory, in bytes: how much there is, and how much of it is left when caches are given up.</summary>
/// <param name="Setting">What sets it, as the operator knows it: MemoryHigh=, MemoryMax=; null for the machine itself.</param>
/// <param name="Owner">The unit or slice that has the setting.</param>
internal sealed record MemoryLimit(string? Setting, string Owner, long Most, long Left);
