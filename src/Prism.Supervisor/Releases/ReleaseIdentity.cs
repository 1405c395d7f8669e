using System.Text.RegularExpressions;
using Prism.Supervisor.Processes;

namespace Prism.Supervisor.Releases;

/// <summary>What tells the release of a command from any other: the operator's word for it (`release.id`), else where it lies in the Nix store, in which nothing ever changes under its name. Never an error: null is a release that cannot be told.</summary>
internal static partial class ReleaseIdentity
{
    public const string Store = "/nix/store/";

    /// <param name="id">`release.id`; with it the path counts too, so that a symlink that was switched beside an id that was forgotten is another release.</param>
    /// <param name="command">As configured, with its arguments.</param>
    /// <param name="file">What its first word was resolved and pinned to.</param>
    /// <param name="environment">What it will find.</param>
    public static string? Of(string? id, IReadOnlyList<string> command, string file, ProcessEnvironment environment, string store = Store) =>
        id is not null ? $"id {id} {file}"
        : Lasting(file, store) is { } lasting && !command.Skip(1).Any(argument => LeadsElsewhere(argument, store)) && !environment.Names.Any(Steers) ? $"store {lasting}"
        : null;

    /// <summary>The file behind all links, when all of it is in the store: what is an interpreter there runs what its arguments and variables say.</summary>
    private static string? Lasting(string file, string store)
    {
        try
        {
            var last = File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file;
            return new[] { file, last }.All(one => one.StartsWith(store, StringComparison.Ordinal) && !Interpreter().IsMatch(Path.GetFileName(one))) ? last : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A path outside the store, as a word of its own or behind a =; a script, or a place to import from.</summary>
    private static bool LeadsElsewhere(string argument, string store)
    {
        var value = argument[(argument.IndexOf('=', StringComparison.Ordinal) + 1)..];
        return value is "." or ".."
            || (value.Contains('/', StringComparison.Ordinal) && !(value.StartsWith(store, StringComparison.Ordinal) && !value.Contains("/../", StringComparison.Ordinal)))
            || (value.EndsWith(".py", StringComparison.Ordinal) && !value.StartsWith(store, StringComparison.Ordinal))
            || argument.StartsWith("--pythonpath", StringComparison.Ordinal);
    }

    /// <summary>They name code that is loaded before, beside or instead of the store's.</summary>
    private static bool Steers(string name) =>
        name is "BASH_ENV" || name.StartsWith("PYTHON", StringComparison.Ordinal) || name.StartsWith("LD_", StringComparison.Ordinal);

    [GeneratedRegex(@"^(python|pypy|uv|uvx|poetry|pipenv|env|sh|bash|dash|ash|zsh|ksh|fish|busybox|coreutils|node|perl|ruby|nix|nix-shell|sudo|runuser|setpriv|nice|timeout)[\d.]*$", RegexOptions.IgnoreCase)]
    private static partial Regex Interpreter();
}
