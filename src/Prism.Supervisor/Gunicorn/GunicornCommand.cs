using System.Globalization;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Processes;

namespace Prism.Supervisor.Gunicorn;

/// <summary>The command line of a generation: what the operator configured, then what only the supervisor knows (a command line wins over gunicorn.conf.py and GUNICORN_CMD_ARGS). Pure.</summary>
internal static class GunicornCommand
{
    /// <summary>The command's own arguments and ours; <paramref name="sockets"/> are handed over as --bind fd://N, from descriptor 3 on.</summary>
    public static IReadOnlyList<string> Arguments(GunicornOptions options, int sockets)
    {
        List<string> arguments = [.. options.Command.Skip(1)];
        for (var i = 0; i < sockets; i++)
        {
            arguments.Add("--bind");
            arguments.Add(string.Create(CultureInfo.InvariantCulture, $"fd://{ProcessSpec.FirstDescriptor + i}"));
        }

        arguments.Add("--graceful-timeout");
        arguments.Add(Math.Ceiling(options.GracefulTimeout.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        return arguments;
    }
}
