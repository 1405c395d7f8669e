namespace Prism.Supervisor.Secrets;

/// <summary>What happens to entries that the MAC does not vouch for: empty ones, and clear ones, whose name anybody may change.</summary>
internal enum Unauthenticated
{
    /// <summary>They pass when the configuration names them.</summary>
    Named,

    /// <summary>None passes.</summary>
    Refuse,

    /// <summary>All pass, with a warning.</summary>
    Allow,
}
