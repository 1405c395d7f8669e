using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Tests.Processes;

/// <summary>While it lives this process adopts orphans, as a supervisor does. No other test runs meanwhile: nobody here reaps what it would adopt of theirs, and a dead host would seem to live on.</summary>
public sealed class Subreaper : IDisposable
{
    public const string Name = "orphans come to this process";

    public Subreaper() => ProcessCalls.AdoptOrphans();

    public void Dispose() => ProcessCalls.AdoptOrphans(adopts: false);
}

/// <summary>Who needs it.</summary>
[CollectionDefinition(Subreaper.Name, DisableParallelization = true)]
#pragma warning disable CA1711 // What xunit calls it.
public sealed class SubreaperCollection : ICollectionFixture<Subreaper>
#pragma warning restore CA1711
{
}
