using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging.Abstractions;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Control;
using Prism.Supervisor.Lifecycle;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor.Commands;

/// <summary>`prism-supervisor reload`: what a running supervisor tells of a reload on standard output, why there is none in one line on standard error, and an exit code.</summary>
internal sealed class ReloadCommand
{
    public const string Verb = "reload";

    private const string DefaultFolder = "/run/prism-django";

    private const string Summary = "Ask the running supervisor for a reload: everything is read anew, and the next Gunicorn takes over once it has proven itself";

    private const string Help = """
        Examples:
          sudo systemctl reload prism-django
          sudo prism-supervisor reload --wait

        What is broken in the new release, configuration or secrets fails the reload, and what served before serves on. With
        --wait each step is told, and the exit code is the verdict: 0 reloaded, 1 failed. Ctrl-C ends the waiting, not the reload.
        Only root and the supervisor's own user may ask. As ExecReload= of a unit it leaves the words to the supervisor's journal.
        """;

    // `systemctl stop` tells the command of ExecReload= too: were it killed by that, or failed, the unit would have failed. Never undone:
    // the signal may come when the verdict is here already, and must find a handler as long as there is a process.
    private static PosixSignalRegistration? stop;

    private readonly Option<bool> wait = new("--wait", "-w") { Description = "Tell what happens, and end with the verdict", Arity = ArgumentArity.Zero };
    private readonly Option<string?> folder = new("--runtime-directory") { Description = $"The supervisor's runtimeDirectory (default: $RUNTIME_DIRECTORY, or {DefaultFolder})", HelpName = "DIR" };

    /// <summary>The command for the parser.</summary>
    public Command Create(IReadOnlyDictionary<string, string> environment, bool isTerminal)
    {
        var command = new Command(Verb, Summary) { wait, folder, new WholeHelp(Summary, Help).Option() };
        folder.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: "" }])
            {
                result.AddError("--runtime-directory needs a folder");
            }
        });
        command.SetAction(async (parsed, _) => (int)await RunAsync(
            parsed.GetValue(folder) ?? Default(environment),
            parsed.GetValue(wait),
            MainProcess.IsThis(environment),
            isTerminal,
            parsed.InvocationConfiguration.Output,
            parsed.InvocationConfiguration.Error));
        return command;
    }

    private static string Default(IReadOnlyDictionary<string, string> environment) =>
        environment.TryGetValue("RUNTIME_DIRECTORY", out var folders) && folders.Split(':')[0] is { Length: > 0 } first ? first : DefaultFolder;

    private static async Task<ExitCode> RunAsync(string folder, bool isWaiting, bool isOfUnit, bool isTerminal, TextWriter output, TextWriter error)
    {
        output = isOfUnit ? TextWriter.Null : output;
        var client = new ControlClient(folder, TimeProvider.System);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        stop = isOfUnit ? PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            _ = stopped.TrySetResult();
        }) : null;
        try
        {
            var asking = client.ReloadAsync(isWaiting, new ProgressLines(output, isTerminal, TimeProvider.System).Write);
            if (await Task.WhenAny(asking, stopped.Task) == stopped.Task)
            {
                return ExitCode.Success;
            }

            var verdict = await asking;
            if (isOfUnit && verdict is { Succeeded: false, Text: Stops.Reason })
            {
                return ExitCode.Success;
            }

            if (verdict is { Succeeded: false })
            {
                if (isOfUnit)
                {
                    return ExitCode.ReloadFailed; // it stands in the same journal already, as the supervisor's own line
                }

                throw new StartupException(ExitCode.ReloadFailed, $"the reload failed: {verdict.Text}");
            }

            await output.WriteLineAsync(verdict?.Text ?? "Accepted; the unit's status and journal tell what comes of it");
            return ExitCode.Success;
        }
        catch (StartupException failure)
        {
            await error.WriteLineAsync($"prism-supervisor: {OneLine.Of(failure.Message)}");
            return failure.Code;
        }
#pragma warning disable CA1031 // The last resort: whatever it is, the caller gets a line and an exit code.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            await error.WriteLineAsync($"prism-supervisor: a fault of prism-supervisor itself ({fault.GetType().Name})");
            return ExitCode.Internal;
        }
        finally
        {
            if (isOfUnit && client.WasLeft && !stopped.Task.IsCompleted)
            {
                // The last word of who is dead was RELOADING=1: systemd would wait for his READY=1, until the watchdog is due, before it starts him again.
                new NotifySocket(new SystemdNotifier(), NullLogger<NotifySocket>.Instance).Ready();
            }
        }
    }
}
