using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Prism.Supervisor.Tests.Host;

/// <summary>A booted host with a real systemd (eng/testhost). It lives no longer than this object, nor than this process.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private const int Unavailable = 69;
    private static readonly string Script = Repository.PathTo("eng", "testhost");
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Process run;

    private TestHost(Process run, int pid, string name) => (this.run, Pid, Name) = (run, pid, name);

    /// <summary>The pid, out here, of the host's init.</summary>
    public int Pid { get; }

    public string Name { get; }

    /// <summary>The pid of the `eng/testhost run` that keeps the host alive.</summary>
    public int RunnerPid => run.Id;

    public static async Task<TestHost> StartAsync(IEnumerable<string> options, CancellationToken cancellation = default)
    {
        var run = Start(Script, ["run", .. options]);
        try
        {
            // Building the root, where it is not cached, is part of this: its patience is the caller's.
            var complaints = run.StandardError.ReadToEndAsync(CancellationToken.None);
            var ready = await run.StandardOutput.ReadLineAsync(cancellation);
            if (ready?.Split(' ') is ["ready", var pid, _, var name])
            {
                return new TestHost(run, int.Parse(pid, CultureInfo.InvariantCulture), name);
            }
            await run.WaitForExitAsync(cancellation);
            var why = (await complaints).Trim();
            throw run.ExitCode == Unavailable
                ? new TestHostUnavailableException(why[(why.LastIndexOf('\n') + 1)..])
                : new InvalidOperationException($"eng/testhost run exited with {run.ExitCode}: {why}");
        }
        catch
        {
            await EndAsync(run);
            throw;
        }
    }

    /// <summary>Runs a command as root inside, and waits for it. The command's status is the caller's to judge.</summary>
    public async Task<ExecResult> ExecAsync(IReadOnlyList<string> command, string input = "", CancellationToken cancellation = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation, TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        using var process = Start(Script, ["exec", Pid.ToString(CultureInfo.InvariantCulture), "--", .. command]);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var error = process.StandardError.ReadToEndAsync(patience.Token);
            try
            {
                await process.StandardInput.WriteAsync(input.AsMemory(), patience.Token);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // The command did not care to read it.
            }
            await process.WaitForExitAsync(patience.Token);
            return new ExecResult(string.Join(' ', command), process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>Installs the supervisor, the sample site and their database (eng/install-site).</summary>
    public async Task InstallSiteAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        using var process = Start(Repository.PathTo("eng", "install-site"), [Pid.ToString(CultureInfo.InvariantCulture)]);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(patience.Token);
        var error = process.StandardError.ReadToEndAsync(patience.Token);
        await process.WaitForExitAsync(patience.Token);
        Assert.True(process.ExitCode == 0, $"eng/install-site: {await output}{await error}");
    }

    public Task<ExecResult> ExecAsync(params string[] command) => ExecAsync(command, "");

    /// <summary>Runs a shell script inside that stops at its first failure; a failure is an exception.</summary>
    public async Task<ExecResult> ScriptAsync(string script) => (await ExecAsync("/bin/sh", "-euc", script)).Succeeded();

    public async Task WriteFileAsync(string path, string content, string mode = "0644", string owner = "root:root")
    {
        const string script = """
            mkdir -p "$(dirname "$1")"
            rm -f "$1"
            (umask 077; cat >"$1")
            chown "$3" "$1"
            chmod "$2" "$1"
            """;
        (await ExecAsync(["/bin/sh", "-euc", script, "sh", path, mode, owner], content)).Succeeded();
    }

    public async Task<string> ReadFileAsync(string path) => (await ExecAsync("cat", path)).Succeeded().Output;

    /// <summary>The journal's entries after a cursor, oldest first; options as of journalctl(1), for example "-u", "prism-django".</summary>
    public async Task<IReadOnlyList<JournalEntry>> JournalAsync(string? afterCursor = null, params string[] options)
    {
        // What has been written is not yet what can be read: journald answers this once it has caught up.
        await ExecAsync("journalctl", "--sync");
        var lines = (await ExecAsync([.. JournalCommand(afterCursor), .. options])).Succeeded().Output;
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(JournalEntry.Parse)];
    }

    /// <summary>The journal as it grows, from a cursor on; ends only by cancellation or by leaving the loop.</summary>
    public async IAsyncEnumerable<JournalEntry> FollowJournalAsync(
        string? afterCursor, IReadOnlyList<string> options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var process = Start(
            Script,
            ["exec", Pid.ToString(CultureInfo.InvariantCulture), "--", .. JournalCommand(afterCursor), "--follow", .. options]);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(cancellation) is { } line)
            {
                yield return JournalEntry.Parse(line);
            }
            throw new InvalidOperationException($"journalctl ended: {await process.StandardError.ReadToEndAsync(cancellation)}");
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    public async Task<string> JournalCursorAsync()
    {
        await ExecAsync("journalctl", "--sync");
        var output = (await ExecAsync("journalctl", "--lines=1", "--show-cursor", "--output=cat")).Text;
        const string mark = "-- cursor: ";
        return output[(output.LastIndexOf(mark, StringComparison.Ordinal) + mark.Length)..];
    }

    public async ValueTask DisposeAsync() => await EndAsync(run);

    private static string[] JournalCommand(string? afterCursor) => afterCursor is null
        ? ["journalctl", "--no-pager", "--output=json", "--all", "--no-tail"]
        : ["journalctl", "--no-pager", "--output=json", "--all", "--no-tail", $"--after-cursor={afterCursor}"];

    private static Process Start(string script, IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(script, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException($"{script} did not start");

    // Closing its standard input is how a host is told to go.
    private static async Task EndAsync(Process run)
    {
        using (run)
        {
            run.StandardInput.Close();
            using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            try
            {
                await run.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                run.Kill(entireProcessTree: true);
            }
        }
    }
}
