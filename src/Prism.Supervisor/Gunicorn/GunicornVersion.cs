using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Gunicorn;

/// <summary>
/// Asks a command which Gunicorn it is (`--version`), once for as long as a release is in use: one object for each. Never
/// fails and never waits long: what cannot be known is null. An answer of a command in /nix/store, or of a release that has a name, outlives the process.
/// </summary>
internal sealed partial class GunicornVersion(string stateDirectory, IProcessLauncher launcher, TimeProvider time, ILogger<GunicornVersion> log)
{
    /// <summary>Of a cold Python on a slow disk; a wrapper that does not know the option may well have started a server.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Task<Version?>> answers = [];

    /// <summary>Where nothing ever changes under its name.</summary>
    public string Store { get; init; } = "/nix/store/";

    /// <summary>The operator's word for the release that the command is of; null: none.</summary>
    public string? ReleaseId { get; init; }

    /// <summary>The last answer that can be kept, and which command that was.</summary>
    public string CacheFile => Path.Combine(stateDirectory, ".prism-gunicorn-version");

    /// <summary>The version, or null; what the command started is gone by then.</summary>
    /// <param name="command">As configured, with its arguments: of `python -m gunicorn` the first word says nothing.</param>
    /// <param name="file">What its first word was resolved to.</param>
    public Task<Version?> AskAsync(IReadOnlyList<string> command, string file, ProcessEnvironment environment, CancellationToken stopping)
    {
        var pinned = CommandPath.Pin(file);
        return answers.GetOrAdd(pinned, _ => NameOf(command, pinned, environment) is { } name
            ? AskOnceAsync(name, command, pinned, environment, stopping)
            : AskNowAsync(command, pinned, environment, stopping));
    }

    /// <summary>To be called when Gunicorn did not come up: what is kept must not outlast a start that failed, should it be the reason.</summary>
    public void Forget()
    {
        answers.Clear();
        try
        {
            File.Delete(CacheFile);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            log.VersionNotKept(fault.Message);
        }
    }

    /// <summary>The version in what `gunicorn --version` prints, pre-releases counted as what they precede; else null. Pure.</summary>
    public static Version? Parse(string line) =>
        Said().Match(line) is { Success: true } match && Version.TryParse(match.Groups[1].Value, out var version) ? version : null;

    /// <summary>By which the same Gunicorn is known again; null: by nothing. The words of the command count where it may be an interpreter.</summary>
    private string? NameOf(IReadOnlyList<string> command, string file, ProcessEnvironment environment) =>
        ReleaseId is { } id ? $"{id} {string.Join(' ', [file, .. command.Skip(1)])}"
        : IsImmutable(file, environment) ? file
        : null;

    /// <summary>Whether the same file will always be the same Gunicorn. Not an interpreter in the store: what that runs, its arguments and variables say.</summary>
    private bool IsImmutable(string file, ProcessEnvironment environment) =>
        file.StartsWith(Store, StringComparison.Ordinal)
        && Path.GetFileName(file).Contains("gunicorn", StringComparison.Ordinal)
        && !environment.Names.Any(name => name.StartsWith("PYTHON", StringComparison.Ordinal));

    private async Task<Version?> AskOnceAsync(string name, IReadOnlyList<string> command, string file, ProcessEnvironment environment, CancellationToken stopping)
    {
        if (Recall(name) is { } known)
        {
            return known;
        }

        var version = await AskNowAsync(command, file, environment, stopping);
        if (version is not null)
        {
            Keep(name, version);
        }

        return version;
    }

    private async Task<Version?> AskNowAsync(IReadOnlyList<string> command, string file, ProcessEnvironment environment, CancellationToken stopping)
    {
        ChildProcess child;
        try
        {
            child = await launcher.LaunchAsync(new ProcessSpec(Path.GetFileName(command[0]), file, [.. command.Skip(1), "--version"], environment, stateDirectory, []));
        }
        catch (StartupException fault)
        {
            log.VersionUnknown(fault.Message);
            return null;
        }

        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
        try
        {
            await foreach (var line in child.Output.ReadAllAsync(either.Token))
            {
                if (Parse(line) is { } version)
                {
                    log.VersionKnown(file, version);
                    return version;
                }
            }

            log.VersionUnknown($"{child.Name} --version {await child.Exited.WaitAsync(either.Token)} and named none");
        }
        catch (OperationCanceledException)
        {
            log.VersionUnknown(stopping.IsCancellationRequested ? "a stop was requested" : $"{child.Name} --version took too long");
        }
        finally
        {
            _ = await launcher.KillTreeAsync(child);
            _ = PassOverAsync(child);
        }

        return null;
    }

    /// <summary>What nobody reads would hold up the thread that cuts it into lines.</summary>
    private static async Task PassOverAsync(ChildProcess child)
    {
        await foreach (var _ in child.Output.ReadAllAsync())
        {
        }
    }

    private Version? Recall(string name)
    {
        try
        {
            var line = Encoding.UTF8.GetString(SmallFile.Read(CacheFile, CacheFile).Bytes);
            return line.EndsWith($" {name}\n", StringComparison.Ordinal) && Version.TryParse(line[..^(name.Length + 2)], out var version) ? version : null;
        }
        catch (StartupException)
        {
            return null; // there is none yet, or what is there is not ours
        }
    }

    private void Keep(string name, Version version)
    {
        try
        {
            var fresh = $"{CacheFile}.new";
            File.Delete(fresh);
            using (var stream = new StreamWriter(new FileStream(fresh, FileMode.CreateNew)))
            {
                stream.Write($"{version} {name}\n");
            }

            File.Move(fresh, CacheFile, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            log.VersionNotKept(fault.Message);
        }
    }

    [GeneratedRegex(@"\(version (\d{1,9}(\.\d{1,9}){1,3})")]
    private static partial Regex Said();
}
