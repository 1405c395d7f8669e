namespace Prism.Supervisor.Control;

/// <summary>What a client may ask for.</summary>
internal enum ControlRequest
{
    Reload,
    ReloadAndWait,
    Unknown,
}
