using System.Text.Json.Nodes;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Commands;

/// <summary>samples/prism-site on SQLite in folders of its own, ready to be supervised. Whatever is left of it at the end is killed.</summary>
internal sealed class SampleSite : IDisposable
{
    public const string SecretKey = "a-secret-that-nobody-may-read";

    private const string Mark = "PRISM_TEST_MARK";

    // Migrated once; each test serves a copy.
    private static readonly Lazy<Task<byte[]>> Database = new(MigrateAsync);

    private readonly TempFolder folder = new();
    private readonly string mark = Guid.NewGuid().ToString();

    public SampleSite()
    {
        _ = folder.Write("secrets.env", $"SECRET_KEY={SecretKey}\n");
        File.SetUnixFileMode(folder["secrets.env"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Config = new JsonObject
        {
            ["bind"] = $"127.0.0.1:{Port}",
            ["stateDirectory"] = folder["state"],
            ["runtimeDirectory"] = folder["run"],
            ["passEnvironment"] = new JsonArray("PATH"),
            ["environment"] = new JsonObject
            {
                [Mark] = mark,
                ["ALLOWED_HOSTS"] = "127.0.0.1",
                ["SQLITE_PATH"] = folder["db.sqlite3"],
                ["STATIC_ROOT"] = folder["static"],
                ["WEB_CONCURRENCY"] = "1",
                ["PYTHONUNBUFFERED"] = "1",
            },
            ["secrets"] = new JsonObject { ["file"] = folder["secrets.env"], ["required"] = new JsonArray("SECRET_KEY"), ["together"] = new JsonArray() },
            ["steps"] = new JsonObject { ["migrate"] = new JsonArray(), ["collectstatic"] = new JsonArray() },
            ["gunicorn"] = new JsonObject { ["command"] = Wrapper("prism-gunicorn"), ["gracefulTimeoutSeconds"] = 600 },
            ["health"] = new JsonObject { ["path"] = "/healthz", ["periodSeconds"] = 0.2 },
        };
    }

    public JsonObject Config { get; }

    public int Port { get; } = Ports.Free();

    public string Url => $"http://127.0.0.1:{Port}";

    public string this[string name] => folder[name];

    /// <summary>Where Debian's Django is not installed there is nothing to supervise.</summary>
    public static void SkipWithoutDjango()
    {
        Assert.SkipUnless(File.Exists(Programs.Python), $"no {Programs.Python}");
        Assert.SkipUnless(
            new[] { "django", "gunicorn", "whitenoise" }.All(module => Directory.Exists($"/usr/lib/python3/dist-packages/{module}")),
            $"{Programs.Python} has no Django, Gunicorn and WhiteNoise: apt install python3-django gunicorn python3-whitenoise");
    }

    public static string Wrapper(string name) => Path.Combine(Repository.Root, "samples", "prism-site", "bin", name);

    /// <summary>Sets one of the site's switches.</summary>
    public SampleSite With(string variable, string value)
    {
        Config["environment"]![variable] = value;
        return this;
    }

    public SampleSite Set(string section, string name, JsonNode value)
    {
        Config[section]![name] = value;
        return this;
    }

    public string WriteScript(string name, string text) => folder.WriteScript(name, text);

    /// <summary>Starts it with a database that is migrated already.</summary>
    public async Task<RunningSupervisor> RunAsync(Dictionary<string, string>? environment = null)
    {
        await File.WriteAllBytesAsync(folder["db.sqlite3"], await Database.Value, TestContext.Current.CancellationToken);
        return await RunUnmigratedAsync(environment);
    }

    /// <summary>Through a program that starts its last arguments.</summary>
    public async Task<RunningSupervisor> RunThroughAsync(string program, params string[] arguments)
    {
        await File.WriteAllBytesAsync(folder["db.sqlite3"], await Database.Value, TestContext.Current.CancellationToken);
        return await RunningSupervisor.StartAsync(program, [.. arguments, "run", "--config", WriteConfig()], Environment());
    }

    public async Task<RunningSupervisor> RunUnmigratedAsync(Dictionary<string, string>? environment = null, params string[] arguments) =>
        await RunningSupervisor.StartAsync(["run", "--config", WriteConfig(), .. arguments], Environment(environment));

    public ProcessEnvironment Environment(Dictionary<string, string>? more = null)
    {
        var built = ProcessEnvironment.Empty.With("PATH", "/usr/bin:/bin").With(Mark, mark);
        foreach (var name in new[] { "DOTNET_ROOT", "DOTNET_ROOT_X64" })
        {
            built = System.Environment.GetEnvironmentVariable(name) is { } value ? built.With(name, value) : built;
        }

        return (more ?? []).Aggregate(built, (one, pair) => one.With(pair.Key, pair.Value));
    }

    /// <summary>Every process that came of this site, the supervisor included.</summary>
    public IReadOnlyList<int> Processes() => Children.Marked(Mark, mark);

    public IReadOnlyList<int> ProcessesOf(int generation) => [.. Processes().Intersect(Children.Marked("PRISM_GENERATION", $"{generation}"))];

    public void Dispose()
    {
        Children.Kill(Processes);
        folder.Dispose();
    }

    public string WriteConfig() => folder.Write("prism.json", Config.ToJsonString());

    private static async Task<byte[]> MigrateAsync()
    {
        using var folder = new TempFolder();
        var environment = ProcessEnvironment.Empty.With("PATH", "/usr/bin:/bin").With("SECRET_KEY", "x").With("SQLITE_PATH", folder["db.sqlite3"]);
        var (exit, lines) = await Children.RunAsync(Programs.Spec(Wrapper("prism-migrate")) with { Environment = environment });
        Assert.True(exit.Succeeded, string.Join('\n', lines));
        return await File.ReadAllBytesAsync(folder["db.sqlite3"]);
    }
}
