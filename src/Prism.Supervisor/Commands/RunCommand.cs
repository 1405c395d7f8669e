using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Logging;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Systemd;
using Serilog;
using Serilog.Events;

namespace Prism.Supervisor.Commands;

/// <summary>`prism-supervisor run`: the only place that puts the objects together, and the one that turns an ending into an exit code.</summary>
internal sealed class RunCommand(IReadOnlyDictionary<string, string> environment, PassedDescriptors passed, bool isTerminal)
{
    // Our own binary, also after an upgrade has put another file at its path.
    private const string Self = "/proc/self/exe";

    public async Task<ExitCode> RunAsync(string? configFile, bool isVerbose)
    {
        await using var serilog = LoggerSetup.Create(environment, isTerminal, isVerbose ? LogEventLevel.Debug : LogEventLevel.Information);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        _ = builder.Services.AddSerilog(serilog);
        using var host = builder.Build();
        var loggers = host.Services.GetRequiredService<ILoggerFactory>();
        var log = loggers.CreateLogger<RunCommand>();
        var notify = new NotifySocket(new SystemdNotifier(), loggers.CreateLogger<NotifySocket>());
        try
        {
            using var stop = new StopSignals(hangUpStops: !notify.IsConnected, log);
            using var telling = stop.Token.Register(notify.Stopping);
            try
            {
                notify.Status("Reading the configuration");
                var options = OptionsReader.Read(configFile, environment);
                log.Started(Program.Version, Environment.ProcessId, configFile ?? "defaults and the environment", "configuration");
                var launcher = new OsProcessLauncher(Self, adoptOrphans: true);
                await new Unit(options, environment, passed, notify, launcher, stop, TimeProvider.System, loggers).RunAsync();
            }
            catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
            {
                // A stop during the start: what ran has been ended on the way here.
            }

            notify.Status("Stopped");
            log.Stopped();
            return ExitCode.Success;
        }
        catch (StartupException failure)
        {
            notify.Status($"Failed: {failure.Message}");
            log.Failed(failure.Message, (int)failure.Code);
            return failure.Code;
        }
#pragma warning disable CA1031 // The last resort: whatever it is, the operator gets a line and systemd an exit code.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            notify.Status($"Failed: a fault of prism-supervisor itself ({fault.GetType().Name})");
            log.Fault(fault);
            return ExitCode.Internal;
        }
    }
}
