namespace Prism.Supervisor.Control;

/// <summary>What came of a reload, in words for whoever asked for it.</summary>
internal sealed record ReloadVerdict(bool Succeeded, string Text);
