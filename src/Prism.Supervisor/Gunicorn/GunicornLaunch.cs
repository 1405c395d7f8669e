namespace Prism.Supervisor.Gunicorn;

/// <summary>What one launch of Gunicorn is told beyond the configuration.</summary>
/// <param name="Sockets">How many listening sockets it is handed, from descriptor 3 on.</param>
/// <param name="SystemdProtocol">Whether it learns of them by LISTEN_FDS instead: then it leaves the path of a unix socket alone when it stops (gunicorn/arbiter.py), and must get no --bind.</param>
/// <param name="WorkerTmpDir">Where workers keep their heartbeat files; on a disk, a busy one could block them (gunicorn/config.py).</param>
/// <param name="Version">Null: unknown, and treated as one that has no newer options.</param>
/// <param name="IsCanary">One worker is enough to try a release.</param>
internal sealed record GunicornLaunch(int Sockets, bool SystemdProtocol, string WorkerTmpDir, Version? Version, bool IsCanary);
