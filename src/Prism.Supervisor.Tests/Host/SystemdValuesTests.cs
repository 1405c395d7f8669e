using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Prism.Supervisor.Tests.Secrets;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Host;

/// <summary>The oracle of Secrets/SystemdValuesTests is what a real systemd does: one unit per awkward file, with EnvironmentFile= and env(1).</summary>
public sealed class SystemdValuesTests(HostFixture fixture) : HostTest(fixture)
{
    private const string Write = """
        import base64, json, os, sys
        os.makedirs("/run/awkward", exist_ok=True)
        for number, content in json.load(sys.stdin).items():
            with open(f"/run/awkward/{number}.env", "wb") as file:
                file.write(base64.b64decode(content))
        """;

    // One string per unit: whether it ended well, and the bytes that env -0 wrote.
    private const string Collect = """
        import base64, json, subprocess, sys
        numbers = sys.argv[1:]
        show = ["systemctl", "show", "--property=Result", "--value", *(f"awkward@{number}.service" for number in numbers)]
        results = subprocess.run(show, check=True, capture_output=True, text=True).stdout.split()
        outputs = {}
        for number, result in zip(numbers, results, strict=True):
            if result == "success":
                with open(f"/run/awkward/{number}.out", "rb") as file:
                    outputs[number] = base64.b64encode(file.read()).decode()
            else:
                outputs[number] = None
        json.dump(outputs, sys.stdout)
        """;

    [Fact]
    public async Task What_systemd_gives_to_a_unit_is_what_we_read()
    {
        var clock = Stopwatch.StartNew();
        var oracle = await AskAsync();
        var version = (await Host.ExecAsync("systemctl", "--version")).Text.Split(' ')[1];
        TestContext.Current.TestOutputHelper?.WriteLine($"systemd {version}: {AwkwardFiles.All.Count} files in {clock.Elapsed.TotalSeconds:0.0} s");

        var text = oracle.Print($"What systemd {version} gave to a unit by EnvironmentFile=, per file of AwkwardFiles. Written by SystemdValuesTests with PRISM_ACCEPT=1.");
        if (Environment.GetEnvironmentVariable("PRISM_ACCEPT") == "1")
        {
            await File.WriteAllTextAsync(SystemdOracle.File, text, Cancellation);
        }

        var verdict = AwkwardVerdict.OfPlain(oracle);
        Tally.Say("awkward-host", $"{verdict.Summary} (asked systemd {version} itself)");
        Assert.True(verdict.Faults.Count == 0, string.Join('\n', verdict.Faults));

        // The heading names the version, which is of no consequence.
        Assert.Equal((await File.ReadAllLinesAsync(SystemdOracle.File, Cancellation)).Skip(1), text.Split('\n')[1..^1]);
    }

    private async Task<SystemdOracle> AskAsync()
    {
        const string empty = "empty";
        string[] numbers = [empty, .. AwkwardFiles.All.Select(file => file.Number)];
        await Host.WriteFileAsync(
            "/run/systemd/system/awkward@.service",
            "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nEnvironmentFile=/run/awkward/%i.env\nExecStart=/usr/bin/env -0\nStandardOutput=truncate:/run/awkward/%i.out\n");
        var contents = AwkwardFiles.All.ToDictionary(file => file.Number, file => Convert.ToBase64String(file.Bytes), StringComparer.Ordinal);
        contents[empty] = "";
        _ = (await Host.ExecAsync(["python3", "-c", Write], JsonSerializer.Serialize(contents), Cancellation)).Succeeded();
        _ = (await Host.ExecAsync("systemctl", "daemon-reload")).Succeeded();
        _ = await Host.ExecAsync(["systemctl", "start", .. numbers.Select(number => $"awkward@{number}.service")]); // Some fail: that is an answer.
        var outputs = JsonSerializer.Deserialize<Dictionary<string, string?>>((await Host.ExecAsync(["python3", "-c", Collect, .. numbers])).Succeeded().Output)!;
        _ = await Host.ScriptAsync("systemctl reset-failed; rm -r /run/awkward /run/systemd/system/awkward@.service; systemctl daemon-reload");

        // What every unit has, whatever its file says.
        var added = Environment(outputs[empty]!).Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);
        Assert.Subset(new HashSet<string> { "INVOCATION_ID", "JOURNAL_STREAM", "LANG", "MEMORY_PRESSURE_WATCH", "MEMORY_PRESSURE_WRITE", "PATH", "SYSTEMD_EXEC_PID", "USER" }, added);
        return new SystemdOracle(AwkwardFiles.All.ToDictionary(
            file => file.Number,
            file => outputs[file.Number] is { } output ? SystemdOracle.Printed(Environment(output).Where(pair => !added.Contains(pair.Key))) : null,
            StringComparer.Ordinal));

        static IEnumerable<KeyValuePair<string, string>> Environment(string output) => new UTF8Encoding(false, throwOnInvalidBytes: true)
            .GetString(Convert.FromBase64String(output))
            .Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Select(variable => variable.Split('=', 2))
            .Select(pair => KeyValuePair.Create(pair[0], pair[1]));
    }
}
