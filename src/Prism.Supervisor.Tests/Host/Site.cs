using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Prism.Supervisor.Tests.Host;

/// <summary>Prism on a test host, as its operator sees it: systemctl, journalctl, two files under /etc/prism, and pages.</summary>
internal sealed class Site
{
    public const string Unit = "prism-django.service";
    public const string HostName = "prism.example.org";
    public const string ConfigurationFile = "/etc/prism/supervisor.json";
    public const string SecretsFile = "/etc/prism/prism.env";
    public const string State = "/var/lib/prism-django";
    public const string Releases = "/run/prism-releases";
    public const string Password = "not-the-default-password";
    public const string RepositoryInside = "/mnt/repository";

    private static readonly TimeSpan BetweenQuestions = TimeSpan.FromMilliseconds(250);

    private readonly TestHost host;
    private readonly string databaseUnit;
    private string cursor = "";

    private Site(TestHost host, string databaseUnit) => (this.host, this.databaseUnit) = (host, databaseUnit);

    public static string PublishedBinary => Repository.PathTo("artifacts", "publish", "prism-supervisor", "prism-supervisor");

    public static string SampleSite => Repository.PathTo("samples", "prism-site");

    /// <summary>The unit of the PostgreSQL cluster, for tests that take it away.</summary>
    public string DatabaseUnit => databaseUnit;

    public static async Task<Site> InstallAsync(TestHost host)
    {
        await host.InstallSiteAsync();
        var cluster = (await host.ScriptAsync("pg_lsclusters --no-header")).Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new Site(host, $"postgresql@{cluster[0]}-{cluster[1]}.service");
    }

    /// <summary>Back to the moment after the installation, whatever the last test did.</summary>
    public async Task ResetAsync()
    {
        await host.ScriptAsync($"""
            systemctl kill --signal=KILL {Unit} 2>/dev/null || :
            systemctl stop {Unit} 2>/dev/null || :
            umount /run/secrets.d 2>/dev/null || :
            rm -rf /run/secrets /run/secrets.d /nix /usr/local/bin/sops
            rm -rf {State} /run/prism-django /etc/prism /etc/systemd/system/{Unit}.d /run/systemd/system/{Unit}.d
            install -m 0644 {RepositoryInside}/packaging/systemd/{Unit} /etc/systemd/system/
            systemctl daemon-reload
            systemctl reset-failed
            systemctl start {databaseUnit}
            cd /
            runuser -u postgres -- psql -q -c 'set client_min_messages to warning' -c 'drop database if exists prism with (force)' \
                -c 'create database prism owner prism' -c "alter role prism password '{Password}'"
            """);
        await WriteConfigurationAsync(DefaultConfiguration());
        await WriteSecretsAsync(DefaultSecrets);
        cursor = await host.JournalCursorAsync();
    }

    // --- what the operator writes ---

    public static string DefaultSecrets => $"SECRET_KEY=only-for-tests\nPOSTGRES_USER=prism\nPOSTGRES_PASSWORD={Password}\n";

    /// <summary>A configuration that works; a test changes in it what it is about.</summary>
    public static JsonObject DefaultConfiguration() => (JsonObject)JsonNode.Parse($$"""
        {
          "bind": "127.0.0.1:8000",
          "stateDirectory": "{{State}}",
          "runtimeDirectory": "/run/prism-django",
          "environment": {
            "ALLOWED_HOSTS": "{{HostName}}",
            "USE_POSTGRES": "true",
            "POSTGRES_DB": "prism",
            "POSTGRES_HOST": "127.0.0.1"
          },
          "secrets": { "file": "{{SecretsFile}}", "format": "auto", "dialect": "systemd" },
          "steps": { "migrate": "prism-migrate", "collectstatic": "prism-collectstatic" },
          "gunicorn": { "command": "prism-gunicorn", "gracefulTimeoutSeconds": 30 },
          "health": { "path": "/healthz", "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 3 }
        }
        """)!;

    public Task WriteConfigurationAsync(JsonObject configuration) => host.WriteFileAsync(ConfigurationFile, configuration.ToJsonString());

    public Task WriteSecretsAsync(string text) => host.WriteFileAsync(SecretsFile, text, "0640", "root:prism");

    /// <summary>Adds settings to the unit, as `systemctl edit` would.</summary>
    public async Task OverrideUnitAsync(string text)
    {
        await host.WriteFileAsync($"/etc/systemd/system/{Unit}.d/test.conf", text);
        (await host.ExecAsync("systemctl", "daemon-reload")).Succeeded();
    }

    /// <summary>Copies of the sample, each of which answers with its name.</summary>
    public Task CopyReleasesAsync(params string[] names) => host.ScriptAsync($"""
        rm -rf {Releases}
        mkdir -p {Releases}
        for release in {string.Join(' ', names)}; do
            cp -R /opt/prism-site {Releases}/$release
            echo $release >{Releases}/$release/RELEASE
        done
        """);

    /// <summary>`current` leads to it from one moment to the next.</summary>
    public Task SwitchToAsync(string release) => host.ScriptAsync($"ln -s {release} {Releases}/new && mv -T {Releases}/new {Releases}/current");

    // --- what the operator types ---

    public Task<ExecResult> StartAsync() => host.ExecAsync("systemctl", "start", Unit);

    public Task<ExecResult> StopAsync() => host.ExecAsync("systemctl", "stop", Unit);

    public Task<ExecResult> RestartAsync() => host.ExecAsync("systemctl", "restart", Unit);

    public Task<ExecResult> ReloadAsync() => host.ExecAsync("systemctl", "reload", Unit);

    public Task<ExecResult> StatusAsync() => host.ExecAsync("systemctl", "status", "--no-pager", "--full", Unit);

    /// <summary>Properties of the unit, by the names of systemctl show: ActiveState, SubState, Result, StatusText, MainPID, NRestarts, ExecMainStatus.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ShowAsync(params string[] properties) =>
        (await host.ExecAsync("systemctl", "show", Unit, $"--property={string.Join(',', properties)}")).Text
            .Split('\n')
            .Select(line => line.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    public async Task<string> ShowAsync(string property) => (await ShowAsync([property]))[property];

    public async Task<int> MainPidAsync() => int.Parse(await ShowAsync("MainPID"), CultureInfo.InvariantCulture);

    /// <summary>
    /// Waits until a property of the unit has a value. systemd and the supervisor write to the journal what they change, and
    /// systemd answers no question in the middle of a change, so every new line of the journal is the time to ask. A STATUS=
    /// that counts seconds writes no line, and systemd tells of it only those who subscribed: so it is asked by the clock as well.
    /// </summary>
    public async Task WaitForAsync(string property, Predicate<string> wanted, TimeSpan patience)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(patience);
        var occasions = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        var sources = Task.WhenAll(LinesAsync(), TicksAsync());
        var last = await ShowAsync(property);
        try
        {
            while (!wanted(last))
            {
                _ = await occasions.Reader.ReadAsync(limit.Token);
                last = await ShowAsync(property);
            }
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{property} of {Unit} was still '{last}' after {patience.TotalSeconds} s");
        }
        finally
        {
            await limit.CancelAsync();
            await sources.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task LinesAsync()
        {
            try
            {
                await foreach (var line in host.FollowJournalAsync(cursor, [], limit.Token))
                {
                    _ = occasions.Writer.TryWrite(true);
                }
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                _ = occasions.Writer.TryComplete(fault);
            }
        }

        async Task TicksAsync()
        {
            using var clock = new PeriodicTimer(BetweenQuestions);
            while (await clock.WaitForNextTickAsync(limit.Token))
            {
                _ = occasions.Writer.TryWrite(true);
            }
        }
    }

    public Task WaitForAsync(string property, string value, TimeSpan patience) =>
        WaitForAsync(property, actual => actual == value, patience);

    /// <summary>What the journal says of the unit (its own lines and systemd's about it) since the test began.</summary>
    public Task<IReadOnlyList<JournalEntry>> JournalAsync() => host.JournalAsync(cursor, "--unit", Unit);

    /// <summary>Waits for a line of the unit's journal, counted from the test's beginning.</summary>
    public async Task<JournalEntry> WaitForJournalAsync(Predicate<JournalEntry> wanted, TimeSpan patience)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(patience);
        try
        {
            await foreach (var entry in host.FollowJournalAsync(cursor, ["--unit", Unit], limit.Token))
            {
                if (wanted(entry))
                {
                    return entry;
                }
            }
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
        }
        throw new TimeoutException($"no such line in the journal of {Unit} after {patience.TotalSeconds} s");
    }

    // --- what a visitor sees ---

    /// <summary>A page asked for from inside, as a browser would through the web server in front. Status 0: no answer.</summary>
    public async Task<Page> GetAsync(string path = "/healthz", string hostName = HostName, string address = "127.0.0.1:8000")
    {
        var answer = await host.ExecAsync("curl", "--silent", "--show-error", "--max-time", "30", "--header", $"Host: {hostName}",
            "--write-out", "\n%{http_code}", $"http://{address}{path}");
        var end = answer.Output.LastIndexOf('\n');
        return new Page(int.Parse(answer.Output[(end + 1)..], CultureInfo.InvariantCulture), answer.Output[..end]);
    }

    internal sealed record Page(int Status, string Body)
    {
        public JsonElement Json => JsonElement.Parse(Body);
    }
}
