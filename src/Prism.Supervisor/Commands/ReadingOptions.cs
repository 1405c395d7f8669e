using System.CommandLine;

namespace Prism.Supervisor.Commands;

/// <summary>The options of every command that reads secrets: they override the configuration.</summary>
internal static class ReadingOptions
{
    public static Option<string?> Dialect() => Choice("--dialect", "How the file is read", "sops", "systemd");

    public static Option<string?> Unauthenticated() =>
        Choice("--unauthenticated", "Which empty and clear entries pass; allow: those that steer processes, too", "refuse", "named", "allow");

    private static Option<string?> Choice(string name, string description, params string[] choices)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = string.Join('|', choices) };
        _ = option.AcceptOnlyFromAmong(choices);
        return option;
    }
}
