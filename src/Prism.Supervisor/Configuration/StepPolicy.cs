namespace Prism.Supervisor.Configuration;

/// <summary>When a step is run that can be repeated without harm.</summary>
internal enum StepPolicy
{
    Always,

    /// <summary>Unless nothing has changed since it succeeded.</summary>
    Changed,

    Never,
}
