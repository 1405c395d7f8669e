using System.Globalization;
using System.Text.Json.Nodes;

namespace Prism.Supervisor.Tests.Host;

/// <summary>`systemctl reload` under the shipped unit: what visitors, systemd and the operator notice of it.</summary>
public sealed class ReloadTests(HostFixture fixture) : SiteTest(fixture)
{
    private const string Releases = Site.Releases;

    private readonly JsonObject configuration = Site.DefaultConfiguration();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Site.CopyReleasesAsync("one", "two");
        await Site.SwitchToAsync("one");
        Set("steps", "migrate", $"{Releases}/current/bin/prism-migrate");
        Set("steps", "collectstatic", new JsonArray());
        Set("gunicorn", "command", $"{Releases}/current/bin/prism-gunicorn");
        Set("environment", "PRISM_FAULTS", "1");
        configuration["reload"] = new JsonObject { ["canarySeconds"] = 0.2 };
        await Site.WriteConfigurationAsync(configuration);
    }

    [Fact]
    public async Task Nobody_is_refused_and_the_new_code_and_the_new_secrets_are_served()
    {
        await Site.WriteSecretsAsync($"{Site.DefaultSecrets}EMAIL_HOST_USER=prism\nEMAIL_HOST_PASSWORD=old\n");
        await StartAsync();
        var old = await Site.GetAsync("/faults/env?name=EMAIL_HOST_PASSWORD");
        var visitors = await Visitors.AskAsync(Host, "127.0.0.1:8000");
        await Site.SwitchToAsync("two");
        await Site.WriteSecretsAsync($"{Site.DefaultSecrets}EMAIL_HOST_USER=prism\nEMAIL_HOST_PASSWORD=new\n");

        var reloading = Site.ReloadAsync();
        await Site.WaitForAsync("ActiveState", "reloading", Patience);
        await Site.WaitForAsync("StatusText", text => text.Contains("; reloading: ", StringComparison.Ordinal), Patience);
        var reload = await reloading;

        var (answers, failures) = await visitors.EndAsync();
        Assert.Equal((0, ""), (reload.ExitCode, reload.Error));
        Assert.Empty(failures);
        Assert.InRange(answers, 10, int.MaxValue);
        Assert.Equal("two", await ReleaseAsync());
        Assert.NotEqual(old.Body, (await Site.GetAsync("/faults/env?name=EMAIL_HOST_PASSWORD")).Body);
        Assert.Equal("active", await Site.ShowAsync("ActiveState"));
        Assert.Matches(@"^Serving on 127\.0\.0\.1:8000, generation 3 \(pid [0-9]+\)$", await Site.ShowAsync("StatusText"));
    }

    [Fact]
    public async Task The_journal_tells_the_reload_as_a_story()
    {
        await StartAsync();
        var before = (await OwnLinesAsync()).Count;

        _ = (await Site.ReloadAsync()).Succeeded();

        Assert.Collection(
            (await OwnLinesAsync()).Skip(before),
            line => Assert.Matches("^A reload was asked for by process [0-9]+ of user [0-9]+$", line),
            line => Assert.Equal("A reload has begun", line),
            line => Assert.Equal($"Read 3 secrets from {Site.SecretsFile}: environment file, not encrypted", line),
            line => Assert.Matches(@"^Started prism-gunicorn --check-config \(pid [0-9]+\)$", line),
            line => Assert.Matches(@"^prism-gunicorn --check-config succeeded after [0-9]+\.[0-9] s$", line),
            line => Assert.Equal("Left out collectstatic: no command is configured", line),
            line => Assert.Matches(@"^Started prism-migrate \(pid [0-9]+\)$", line),
            line => Assert.Matches(@"^prism-migrate succeeded after [0-9]+\.[0-9] s$", line),
            line => Assert.Matches(@"^Started prism-gunicorn \(pid [0-9]+\), generation 2, as a canary$", line),
            line => Assert.Matches(@"^Started prism-gunicorn \(pid [0-9]+\), generation 3$", line),
            line => Assert.Matches(@"^Serving on 127\.0\.0\.1:8000, generation 3 \(pid [0-9]+\)$", line),
            line => Assert.Equal("Reloaded: generation 3 serves", line));
    }

    [Theory]
    [InlineData("PRISM_BROKEN_WSGI", "import: prism-gunicorn --check-config exited with code 1: ImportError: ")]
    [InlineData("PRISM_SLOW_IMPORT", "import: prism-gunicorn --check-config was not done after 15 s and was ended")]
    [InlineData("PRISM_BROKEN_SITE", "the canary: not up within 15 s: GET /healthz (Host: prism.example.org) answered 500")]
    public async Task A_broken_release_fails_and_the_next_good_one_succeeds(string defect, string reason)
    {
        await StartAsync();
        Set("environment", defect, defect == "PRISM_SLOW_IMPORT" ? "60" : "1");
        Set("gunicorn", "startTimeoutSeconds", 15); // on a machine with much else to do it must have answered by then
        await Site.WriteConfigurationAsync(configuration);

        await FailsAsync(reason);

        Set("environment", defect, "");
        Set("gunicorn", "startTimeoutSeconds", 60);
        await SucceedsAsync();
    }

    [Fact]
    public async Task A_release_that_dies_after_its_first_answers_fails()
    {
        await StartAsync();
        _ = await Host.ScriptAsync($"""
            file={Releases}/two/prism/wsgi.py
            printf 'import os, sys, threading\ndeath = threading.Timer(0.5, os._exit, [1])\ndeath.daemon = True\nif "--check-config" not in sys.argv:\n    death.start()\n' | cat - $file >$file.new
            mv $file.new $file
            """);
        await Site.SwitchToAsync("two");
        Set("reload", "canarySeconds", 3);
        await Site.WriteConfigurationAsync(configuration);

        await FailsAsync("the canary: ");

        await Site.SwitchToAsync("one");
        Set("reload", "canarySeconds", 0.2);
        await SucceedsAsync();
    }

    [Fact]
    public async Task A_failing_migration_fails_it_and_says_what_is_not_undone()
    {
        await StartAsync();
        _ = await Host.ScriptAsync($"""
            cd {Site.State}
            runuser -u prism -- env USE_POSTGRES=1 POSTGRES_HOST=127.0.0.1 SECRET_KEY=x POSTGRES_PASSWORD={Site.Password} prism-migrate journal 0010
            """);
        Set("environment", "PRISM_FAIL_MIGRATION", "1");
        await Site.WriteConfigurationAsync(configuration);

        var text = await FailsAsync("migrate: prism-migrate exited with code 1: RuntimeError: ");

        Assert.EndsWith(" was not finished; not undone: what migrate applied", text, StringComparison.Ordinal);
        Set("environment", "PRISM_FAIL_MIGRATION", "");
        await SucceedsAsync();
    }

    [Fact]
    public async Task Secrets_that_are_refused_fail_it()
    {
        await StartAsync();
        await Site.WriteSecretsAsync("SECRET_KEY=only-for-tests\n");

        await FailsAsync($"{Site.SecretsFile}");

        await Site.WriteSecretsAsync(Site.DefaultSecrets);
        await SucceedsAsync();
    }

    [Fact]
    public async Task A_configuration_that_is_no_JSON_fails_it()
    {
        await StartAsync();
        await Host.WriteFileAsync(Site.ConfigurationFile, "{ \"bind\": ");

        await FailsAsync(Site.ConfigurationFile);

        await SucceedsAsync();
    }

    [Fact]
    public async Task Whoever_asks_while_one_runs_shares_the_next()
    {
        await StartAsync();
        Set("steps", "migrate", await WaitingStepAsync());
        await Site.WriteConfigurationAsync(configuration);
        var first = AskAsync();
        _ = await Site.WaitForJournalAsync(entry => entry.Message == "waiting", Patience);

        Task<ExecResult>[] others = [AskAsync(), AskAsync()];
        await AskedAsync(3);
        _ = await Host.ScriptAsync("touch /run/prism-django/go");

        Assert.EndsWith("Reloaded: generation 3 serves", (await first).Text, StringComparison.Ordinal);
        Assert.All(await Task.WhenAll(others), asked => Assert.EndsWith("Reloaded: generation 5 serves", asked.Text, StringComparison.Ordinal));
        Assert.Equal(2, (await Site.JournalAsync()).Count(entry => entry.Message == "A reload has begun"));
    }

    [Theory]
    [InlineData("PRISM_SLOW_IMPORT", "Started prism-gunicorn --check-config", 1)]
    [InlineData("migrate", "waiting", 1)]
    [InlineData("canary", ", as a canary", 1)]
    [InlineData("next", ", generation 3", 1)]
    public async Task A_stop_during_a_reload_ends_all_cleanly(string stage, string line, int times)
    {
        await StartAsync();
        switch (stage)
        {
            case "PRISM_SLOW_IMPORT":
                Set("environment", stage, "60");
                break;
            case "migrate":
                Set("steps", "migrate", await WaitingStepAsync());
                break;
            case "canary":
                Set("reload", "canarySeconds", 60);
                break;
        }

        await Site.WriteConfigurationAsync(configuration);
        var reloading = Site.ReloadAsync();
        var seen = 0;
        _ = await Site.WaitForJournalAsync(entry => entry.Message.Contains(line, StringComparison.Ordinal) && ++seen == times, Patience);

        var stop = await Site.StopAsync();

        Assert.Equal(0, stop.ExitCode);
        Assert.NotEqual(0, (await reloading).ExitCode);
        var shown = await Site.ShowAsync("ActiveState", "Result", "ExecMainStatus");
        Assert.Equal(("inactive", "success", "0"), (shown["ActiveState"], shown["Result"], shown["ExecMainStatus"]));
        Assert.Equal("", (await Host.ExecAsync("pgrep", "--uid", "prism", "--list-full")).Output);
        Assert.Contains(await Site.JournalAsync(), entry => entry.Message == "Stopped; nothing is left running");
        Assert.DoesNotContain(await Site.JournalAsync(), entry => entry.Message.Contains("Killing process", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_crash_of_what_serves_does_not_end_the_reload()
    {
        await StartAsync();
        var arbiter = int.Parse((await Site.ShowAsync("StatusText")).Split("pid ")[1].TrimEnd(')'), CultureInfo.InvariantCulture);
        Set("steps", "migrate", await WaitingStepAsync());
        await Site.WriteConfigurationAsync(configuration);
        await Site.SwitchToAsync("two");
        var reloading = AskAsync();
        _ = await Site.WaitForJournalAsync(entry => entry.Message == "waiting", Patience);

        _ = (await Host.ExecAsync("kill", "-KILL", arbiter.ToString(CultureInfo.InvariantCulture))).Succeeded();
        await Site.WaitForAsync("StatusText", text => text.StartsWith("Serving on 127.0.0.1:8000, generation 2 ", StringComparison.Ordinal), Patience);
        Assert.Equal("one", await ReleaseAsync());
        _ = await Host.ScriptAsync("touch /run/prism-django/go");

        Assert.EndsWith("Reloaded: generation 4 serves", (await reloading).Text, StringComparison.Ordinal);
        Assert.Equal("two", await ReleaseAsync());
    }

    [Fact]
    public async Task Root_may_ask_by_hand_and_sees_each_step()
    {
        await StartAsync();

        Assert.Equal(
            ["Reading the configuration", $"Reading the secrets of {Site.SecretsFile}", $"Running {Releases}/current/bin/prism-gunicorn --check-config", $"Running {Releases}/current/bin/prism-migrate"],
            (await AskAsync()).Text.Split('\n').Take(4));
    }

    [Fact]
    public async Task A_hangup_is_a_reload_too()
    {
        await StartAsync();
        await Site.SwitchToAsync("two");

        _ = (await Host.ExecAsync("systemctl", "kill", "--kill-whom=main", "--signal=HUP", Site.Unit)).Succeeded();
        _ = await Site.WaitForJournalAsync(entry => entry.Message == "Reloaded: generation 3 serves", Patience);

        Assert.Equal("two", await ReleaseAsync());
    }

    [Fact]
    public async Task A_unit_of_systemd_252_reloads_likewise()
    {
        _ = await Host.ScriptAsync($"sed -i -e 's/^Type=.*/Type=notify/' -e '/^ReloadSignal=/d' /etc/systemd/system/{Site.Unit} && systemctl daemon-reload");
        await StartAsync();
        await Site.SwitchToAsync("two");

        _ = (await Site.ReloadAsync()).Succeeded();

        Assert.Equal("two", await ReleaseAsync());
        await Host.WriteFileAsync(Site.ConfigurationFile, "{");
        await FailsAsync(Site.ConfigurationFile, generation: 3);
    }

    [Fact]
    public async Task Too_few_connections_for_two_generations_are_a_warning()
    {
        await StartAsync();
        // The site's workers keep none between requests; a migration's last one may not be gone yet when the room is looked at.
        Set("steps", "migrate", new JsonArray());
        await Site.WriteConfigurationAsync(configuration);
        const string psql = "cd / && runuser -u postgres -- psql -q -c 'alter role prism connection limit ";
        _ = await Host.ScriptAsync($"{psql}1'");
        try
        {
            _ = (await Site.ReloadAsync()).Succeeded();
        }
        finally
        {
            _ = await Host.ScriptAsync($"{psql}-1'");
        }

        var warning = Assert.Single(await Site.JournalAsync(), entry => entry.Priority == 4 && entry.Message.StartsWith("PostgreSQL may refuse connections", StringComparison.Ordinal));
        Assert.Contains("the site's role has CONNECTION LIMIT 1", warning.Message, StringComparison.Ordinal);
    }

    private void Set(string section, string name, JsonNode value) => configuration[section]![name] = value;

    private async Task StartAsync() => (await Site.StartAsync()).Succeeded();

    private Task<ExecResult> AskAsync() => Host.ExecAsync("prism-supervisor", "reload", "--wait");

    private async Task<string?> ReleaseAsync() => (await Site.GetAsync()).Json.GetProperty("release").GetString();

    private async Task<List<string>> OwnLinesAsync() =>
        [.. (await Site.JournalAsync()).Where(entry => entry.Identifier == "prism-supervisor" && entry["_UID"] != "0").Select(entry => entry.Message)];

    private async Task AskedAsync(int times)
    {
        var seen = 0;
        _ = await Site.WaitForJournalAsync(entry => entry.Message.StartsWith("A reload was asked for", StringComparison.Ordinal) && ++seen == times, Patience);
    }

    /// <summary>A step that says "waiting" and ends once there is a file /run/prism-django/go.</summary>
    private async Task<string> WaitingStepAsync()
    {
        const string path = $"{Releases}/wait";
        await Host.WriteFileAsync(path, "#!/bin/sh\necho waiting\nuntil [ -e /run/prism-django/go ]; do sleep 0.05; done\n", "0755");
        return path;
    }

    /// <summary>The command fails, the old generation serves, systemd and the journal say why; yields the status.</summary>
    private async Task<string> FailsAsync(string reason, int generation = 1)
    {
        var reload = await Site.ReloadAsync();

        Assert.Equal(1, reload.ExitCode);
        var page = await Site.GetAsync();
        Assert.Equal((200, $"{generation}"), (page.Status, page.Json.GetProperty("generation").GetString()));
        var shown = await Site.ShowAsync("ActiveState", "StatusText");
        Assert.Equal("active", shown["ActiveState"]);
        Assert.StartsWith($"Serving on 127.0.0.1:8000, generation {generation} (pid ", shown["StatusText"], StringComparison.Ordinal);
        Assert.Contains($"; the last reload failed: {reason}", shown["StatusText"], StringComparison.Ordinal);
        var told = Assert.Single(await Site.JournalAsync(), entry => entry.Message.Contains($"he reload failed: {reason}", StringComparison.Ordinal));
        Assert.StartsWith($"The reload failed: {reason}", told.Message, StringComparison.Ordinal);
        Assert.Equal(3, told.Priority);
        return shown["StatusText"];
    }

    private async Task SucceedsAsync()
    {
        await Site.WriteConfigurationAsync(configuration);
        _ = (await Site.ReloadAsync()).Succeeded();
        Assert.DoesNotContain("failed", await Site.ShowAsync("StatusText"), StringComparison.Ordinal);
    }
}
