using System.Globalization;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Processes;

namespace Prism.Supervisor.Gunicorn;

/// <summary>The command line of a generation: what the operator configured, then what only the supervisor knows (a command line wins over gunicorn.conf.py and GUNICORN_CMD_ARGS, and the last of an option wins). Pure.</summary>
internal static class GunicornCommand
{
    // From here on there is a control socket unless it is refused: a thread in the arbiter that is stopped and started anew
    // around every fork, and a path that two generations would take from each other (gunicorn/ctl/server.py).
    private static readonly Version ControlSocket = new(25, 1);

    /// <summary>The command's own arguments and ours.</summary>
    public static IReadOnlyList<string> Arguments(GunicornOptions options, GunicornLaunch how)
    {
        List<string> arguments = [.. options.Command.Skip(1)];
        for (var i = 0; i < how.Sockets && !how.SystemdProtocol; i++)
        {
            arguments.AddRange("--bind", string.Create(CultureInfo.InvariantCulture, $"fd://{ProcessSpec.FirstDescriptor + i}"));
        }

        // Gunicorn calls listen(2) on what it is handed too: with its own 2048 it would shorten the queue that connections wait in.
        arguments.AddRange("--backlog", SocketOptions.LongestBacklog.ToString(CultureInfo.InvariantCulture));
        arguments.AddRange("--graceful-timeout", Math.Ceiling(options.GracefulTimeout.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        arguments.AddRange("--worker-tmp-dir", how.WorkerTmpDir);
        if (how.Version >= ControlSocket)
        {
            arguments.Add("--no-control-socket");
        }

        if (how.IsCanary)
        {
            arguments.AddRange("--workers", "1");
        }

        return arguments;
    }
}
