namespace Prism.Supervisor.Interop;

/// <summary>How a child ended (waitid(2)): an exit code when <paramref name="HasExited"/>, else the signal that killed it.</summary>
internal readonly record struct EndedChild(int Pid, bool HasExited, int Status);
