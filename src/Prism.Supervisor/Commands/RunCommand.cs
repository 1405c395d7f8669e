using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Lifecycle;
using Prism.Supervisor.Logging;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Systemd;
using Serilog;
using Serilog.Events;

namespace Prism.Supervisor.Commands;

/// <summary>`prism-supervisor run`: the only place that puts the objects together, and the one that turns an ending into an exit code.</summary>
internal sealed class RunCommand(IReadOnlyDictionary<string, string> environment, PassedDescriptors passed, StopSignals stop, bool isTerminal)
{
    // Our own binary, also after an upgrade has put another file at its path.
    private const string Self = "/proc/self/exe";

    /// <param name="isForced">Whether migrate and collectstatic run each time, whatever the configuration says.</param>
    /// <param name="haltAt">The folder of <see cref="CrashPoints"/>; null: no halts.</param>
    public async Task<ExitCode> RunAsync(string? configFile, bool isVerbose, bool isForced, string? haltAt)
    {
        await using var serilog = LoggerSetup.Create(environment, isTerminal, isVerbose ? LogEventLevel.Debug : LogEventLevel.Information);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        _ = builder.Services.AddSerilog(serilog);
        using var host = builder.Build();
        var loggers = host.Services.GetRequiredService<ILoggerFactory>();
        var log = loggers.CreateLogger<RunCommand>();
        NotifySocket? notify = null;
        try
        {
            notify = new NotifySocket(new SystemdNotifier(), loggers.CreateLogger<NotifySocket>());
            await RunAsync(configFile, isForced, new CrashPoints(haltAt), notify, log, loggers);
            return ExitCode.Success;
        }
        catch (StartupException failure)
        {
            var line = StatusLine.From(failure.Message);
            notify?.Status($"Failed: {line}");
            log.Failed(line, (int)failure.Code);
            return failure.Code;
        }
#pragma warning disable CA1031 // The last resort: whatever it is, the operator gets a line and systemd an exit code.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            notify?.Status($"Failed: a fault of prism-supervisor itself ({fault.GetType().Name})");
            log.Fault(fault);
            return ExitCode.Internal;
        }
    }

    private async Task RunAsync(string? configFile, bool isForced, CrashPoints points, NotifySocket notify, Microsoft.Extensions.Logging.ILogger log, ILoggerFactory loggers)
    {
        stop.OnEach((signal, meaning) => log.SignalReceived(signal, meaning switch
        {
            SignalMeaning.Stop => "stopping",
            SignalMeaning.Reload => "a reload is asked for",
            SignalMeaning.Nothing => "it means nothing here",
        }));
        var time = TimeProvider.System;
        var begun = time.GetTimestamp();
        var launcher = new OsProcessLauncher(Self, adoptOrphans: true);
        try
        {
            notify.Status("Reading the configuration");
            var options = Read();
            log.Started(Program.Version, Environment.ProcessId, configFile ?? "defaults and the environment", "configuration");
            points.Pass(CrashPoints.Start, "options read");
            var releases = new ReleasePreparer(Read, options, environment, passed, launcher, points, time, loggers, notify.ExtendTimeout, stop.Hurry);
            await new Unit(options, releases, environment, passed, notify, launcher, stop, points, time, loggers).RunAsync();
            notify.Status("Stopped");
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            // What ran has been ended on the way here; what it was stays to be read.
            notify.Status(string.Create(CultureInfo.InvariantCulture, $"Stopped during the start, after {time.GetElapsedTime(begun).TotalSeconds:0.0} s, while: {notify.LastStatus}"));
        }
        finally
        {
            if (!await launcher.KillAllAsync())
            {
                log.LeftRunning();
            }
        }

        log.Stopped();
        points.Pass(CrashPoints.Stop, "finished");

        SupervisorOptions Read()
        {
            var read = OptionsReader.Read(configFile, environment);
            return isForced ? read with { Steps = read.Steps.Forced() } : read;
        }
    }
}
