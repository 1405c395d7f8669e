using System.Text.Json;

namespace Prism.Supervisor.Tests.Host;

/// <summary>Visitors who come one after another, whether or not those before them have been answered, until they are called off; then every one of them is heard out.</summary>
internal sealed class Newcomers
{
    private const string Enough = "/run/enough-newcomers";

    private readonly TestHost host;
    private readonly Task<ExecResult> asking;

    private Newcomers(TestHost host)
    {
        this.host = host;
        asking = host.ExecAsync(["/usr/bin/python3", "-c", Script, Site.HostName, Enough]);
    }

    /// <summary>Returns once the first has connected.</summary>
    public static async Task<Newcomers> AskAsync(TestHost host)
    {
        _ = await host.ScriptAsync($"rm -f {Enough} {Enough}.begun; mkfifo {Enough}.begun");
        var newcomers = new Newcomers(host);
        _ = await host.ScriptAsync($"timeout 120 cat {Enough}.begun; rm {Enough}.begun");
        return newcomers;
    }

    /// <summary>Calls them off; every failure in words, with how often it was seen.</summary>
    public async Task<(int Answers, IReadOnlyDictionary<string, int> Failures)> EndAsync()
    {
        _ = await host.ScriptAsync($"touch {Enough}");
        using var counts = JsonDocument.Parse((await asking).Text);
        return (counts.RootElement.GetProperty("answers").GetInt32(), counts.RootElement.GetProperty("failures").Deserialize<Dictionary<string, int>>()!);
    }

    private const string Script = """
        import collections, json, os, selectors, socket, sys, time
        host, enough = sys.argv[1:]
        request = b"GET /healthz HTTP/1.1\r\nHost: " + host.encode() + b"\r\nConnection: close\r\n\r\n"
        failures, answers, waiting = collections.Counter(), 0, selectors.DefaultSelector()

        def come():
            s = socket.socket()
            s.settimeout(30)
            try:
                s.connect(("127.0.0.1", 8000))
                s.sendall(request)
                s.setblocking(False)
                waiting.register(s, selectors.EVENT_READ, bytearray())
            except OSError as fault:
                failures[type(fault).__name__] += 1
                s.close()

        def hear(patience):
            global answers
            for key, _ in waiting.select(patience):
                try:
                    more = key.fileobj.recv(65536)
                    key.data.extend(more)
                    if more:
                        continue
                    if key.data.startswith(b"HTTP/1.1 200 "):
                        answers += 1
                    else:
                        failures[key.data[:20].decode(errors="replace") or "closed without an answer"] += 1
                except OSError as fault:
                    failures[type(fault).__name__] += 1
                waiting.unregister(key.fileobj)
                key.fileobj.close()

        come()
        open(enough + ".begun", "w").close()
        due = time.monotonic()
        while not os.path.exists(enough):
            due += 0.1
            while (left := due - time.monotonic()) > 0:
                hear(left)
            come()
        end = time.monotonic() + 30
        while waiting.get_map() and time.monotonic() < end:
            hear(1)
        if waiting.get_map():
            failures["no answer"] += len(waiting.get_map())
        print(json.dumps(dict(answers=answers, failures=failures)))
        """;
}
