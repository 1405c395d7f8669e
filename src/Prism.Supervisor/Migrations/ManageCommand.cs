using Microsoft.Extensions.Logging;
using Prism.Supervisor.Processes;

namespace Prism.Supervisor.Migrations;

/// <summary>Asks the site's `manage` what migrations it has, beside migrate and without a word in the log. Never an error: what it does not tell is null.</summary>
/// <param name="command">Command and arguments; empty: nobody is asked.</param>
/// <param name="file">What the command was resolved to; null: it is not there.</param>
internal sealed class ManageCommand(IReadOnlyList<string> command, string? file, string workingDirectory, IProcessLauncher launcher, ILogger log)
{
    // A site of a thousand migrations prints a thousand lines.
    private const int MostLines = 100_000;

    public async Task<MigrationList?> ListAsync(ProcessEnvironment environment, string step, CancellationToken enough)
    {
        if (file is null)
        {
            log.NoList(command.Count == 0 ? "no manage.command is configured" : $"{command[0]} (manage.command) is not there", step);
            return null;
        }

        try
        {
            return await RunAsync(environment, step, enough);
        }
        catch (StartupException fault)
        {
            log.NoList(fault.Message, step);
            return null;
        }
    }

    private async Task<MigrationList?> RunAsync(ProcessEnvironment environment, string step, CancellationToken enough)
    {
        var child = await launcher.LaunchAsync(new ProcessSpec(Path.GetFileName(command[0]), file!, [.. command.Skip(1), "showmigrations"], environment, workingDirectory, []));
        var lines = ReadAsync(child);
        try
        {
            var exit = await child.Exited.WaitAsync(enough);
            var list = exit.Succeeded ? MigrationList.Read(await lines.WaitAsync(enough)) : null;
            if (list is null)
            {
                log.NoList(exit.Succeeded ? $"{child.Name} showmigrations printed no list" : $"{child.Name} showmigrations {exit}", step);
            }

            return list;
        }
        catch (OperationCanceledException)
        {
            log.NoList($"{child.Name} showmigrations was not done in time", step);
            return null;
        }
        finally
        {
            _ = await launcher.KillTreeAsync(child);
        }
    }

    private static async Task<List<string>> ReadAsync(ChildProcess child)
    {
        var lines = new List<string>();
        await foreach (var line in child.Output.ReadAllAsync())
        {
            if (lines.Count < MostLines)
            {
                lines.Add(line);
            }
        }

        return lines;
    }
}
