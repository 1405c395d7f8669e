namespace Prism.Supervisor.Secrets;

/// <summary>How this room says no: one line that quotes names and places, never a value.</summary>
internal static class Refusal
{
    public static StartupException Because(string line) => new(ExitCode.SecretsRefused, line);

    public static StartupException NoPermission(string line) => new(ExitCode.NoPermission, line);
}
