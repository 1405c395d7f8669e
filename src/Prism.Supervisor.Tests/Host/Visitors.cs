using System.Text.Json;

namespace Prism.Supervisor.Tests.Host;

/// <summary>Several visitors inside the host who ask for a page again and again, each time on a new connection, until they are called off.</summary>
internal sealed class Visitors
{
    private const string Enough = "/run/enough-visitors";

    private readonly TestHost host;
    private readonly Task<ExecResult> asking;

    private Visitors(TestHost host, string address)
    {
        this.host = host;
        asking = host.ExecAsync(["/usr/bin/python3", "-c", Script, address, Site.HostName, Enough]);
    }

    /// <summary>An address as of `bind`; returns once the first of them has had an answer.</summary>
    public static async Task<Visitors> AskAsync(TestHost host, string address)
    {
        _ = await host.ScriptAsync($"rm -f {Enough}");
        var visitors = new Visitors(host, address);
        _ = await host.ScriptAsync($"until [ -e {Enough}.begun ]; do sleep 0.05; done; rm {Enough}.begun");
        return visitors;
    }

    /// <summary>Calls them off; every failure in words, with how often it was seen.</summary>
    public async Task<(int Answers, IReadOnlyDictionary<string, int> Failures)> EndAsync()
    {
        _ = await host.ScriptAsync($"touch {Enough}");
        using var counts = JsonDocument.Parse((await asking).Text);
        return (counts.RootElement.GetProperty("answers").GetInt32(), counts.RootElement.GetProperty("failures").Deserialize<Dictionary<string, int>>()!);
    }

    private const string Script = """
        import collections, json, os, socket, sys, threading
        address, host, enough = sys.argv[1:]
        if address.startswith("unix:"):
            family, where = socket.AF_UNIX, address[5:]
        else:
            name, port = address.rsplit(":", 1)
            family, where = (socket.AF_INET6, (name[1:-1], int(port))) if name[0] == "[" else (socket.AF_INET, (name, int(port)))
        failures, answers, begun = collections.Counter(), collections.Counter(), threading.Event()

        def visit():
            while not os.path.exists(enough):
                try:
                    with socket.socket(family) as s:
                        s.settimeout(30)
                        s.connect(where)
                        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: " + host.encode() + b"\r\nConnection: close\r\n\r\n")
                        text = b""
                        while more := s.recv(65536):
                            text += more
                    if text.startswith(b"HTTP/1.1 200 "):
                        answers["200"] += 1
                        begun.set()
                    else:
                        failures[text[:20].decode(errors="replace") or "closed without an answer"] += 1
                except OSError as fault:
                    failures[type(fault).__name__] += 1

        threads = [threading.Thread(target=visit) for _ in range(4)]
        for thread in threads: thread.start()
        begun.wait(30)
        open(enough + ".begun", "w").close()
        for thread in threads: thread.join()
        print(json.dumps(dict(answers=answers["200"], failures=failures)))
        """;
}
