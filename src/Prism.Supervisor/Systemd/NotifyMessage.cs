using System.Text;

namespace Prism.Supervisor.Systemd;

/// <summary>A notification datagram as a value: NAME=value lines (sd_notify(3)). Parsing never fails; lines without a name are dropped.</summary>
internal sealed record NotifyMessage(IReadOnlyList<KeyValuePair<string, string>> Assignments)
{
    /// <summary>Larger datagrams are refused by the manager, in bytes.</summary>
    public const int LargestDatagram = 4096;

    public bool SaysReady => Assignments.Any(assignment => assignment is { Key: "READY", Value: "1" });

    public static NotifyMessage Parse(ReadOnlySpan<byte> datagram)
    {
        var assignments = new List<KeyValuePair<string, string>>();
        foreach (var line in Encoding.UTF8.GetString(datagram).Split('\n'))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                assignments.Add(new(line[..equals], line[(equals + 1)..]));
            }
        }

        return new NotifyMessage(assignments);
    }
}
