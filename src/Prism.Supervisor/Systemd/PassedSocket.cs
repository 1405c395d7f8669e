using System.Net.Sockets;

namespace Prism.Supervisor.Systemd;

/// <summary>A listening socket that the manager passed: named after its .socket unit, or as it was stored (sd_listen_fds_with_names(3)).</summary>
internal sealed record PassedSocket(string Name, Socket Socket);
