namespace Prism.Supervisor.Secrets;

/// <summary>A value that cannot be printed by accident: whoever wants it must say Reveal.</summary>
internal sealed class Secret(string value)
{
    public string Reveal() => value;

    public override string ToString() => "***";
}
