using System.Globalization;
using System.Text.Json.Nodes;

namespace Prism.Supervisor.Tests.Host;

/// <summary>The listening sockets outlive Gunicorn, the supervisor and the unit's restarts, in the fd store of a real systemd.</summary>
public sealed class ListeningTests(HostFixture fixture) : SiteTest(fixture)
{
    private const string Tcp = "127.0.0.1:8000";
    private const string Tcp6 = "[::1]:8000";
    private const string UnixPath = "/run/prism-django/prism.sock";
    private const string Unix = $"unix:{UnixPath}";

    [Theory]
    [InlineData(Tcp)]
    [InlineData(Tcp6)]
    [InlineData(Unix)]
    public async Task Visitors_do_not_notice_a_restart(string address)
    {
        await ServeOnAsync(Tcp, Tcp6, Unix);
        var visitors = await Visitors.AskAsync(Host, address);

        for (var i = 0; i < 3; i++)
        {
            _ = (await Site.RestartAsync()).Succeeded();
        }

        var (answers, failures) = await visitors.EndAsync();
        Assert.Empty(failures);
        Assert.InRange(answers, 10, int.MaxValue);
        Assert.Contains(await Site.JournalAsync(), entry => entry.Message == $"Listening on {Tcp}, {Tcp6}, {Unix} (restored from the fd store)");
        Assert.Equal("3", await Site.ShowAsync("NFileDescriptorStore"));
    }

    [Theory]
    [InlineData(Tcp)]
    [InlineData(Unix)]
    public async Task Nobody_is_refused_while_a_killed_supervisor_is_replaced(string address)
    {
        await ServeOnAsync(Tcp, Unix);
        var visitors = await Visitors.AskAsync(Host, address);

        _ = (await Host.ExecAsync("systemctl", "kill", "--kill-whom=main", "--signal=KILL", Site.Unit)).Succeeded();
        await Site.WaitForAsync("NRestarts", "1", Patience);
        await Site.WaitForAsync("ActiveState", "active", Patience);

        var (_, failures) = await visitors.EndAsync();
        Assert.DoesNotContain("ConnectionRefusedError", failures);
        Assert.DoesNotContain("FileNotFoundError", failures);
        // What a worker had in hand when it was killed is lost with it.
        Assert.InRange(failures.Values.Sum(), 0, 4);
        Assert.Contains(await Site.JournalAsync(), entry => entry.Message.EndsWith("(restored from the fd store)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_address_that_is_configured_no_more_is_closed_by_the_restart()
    {
        await ServeOnAsync(Tcp, Unix);
        await WriteBindAsync("127.0.0.1:8001", "0.0.0.0:8000");

        _ = (await Site.RestartAsync()).Succeeded();

        Assert.Equal("2", await Site.ShowAsync("NFileDescriptorStore"));
        Assert.Equal("127.0.0.1:8001\n0.0.0.0:8000", (await Host.ScriptAsync("ss -Hltn 'sport >= :8000 and sport <= :8001' | awk '{print $4}' | sort -r -t: -k2")).Text);
        Assert.Equal(200, (await Site.GetAsync(address: "127.0.0.1:8001")).Status);
        Assert.NotEqual(0, (await Host.ExecAsync("test", "-e", UnixPath)).ExitCode);
    }

    [Fact]
    public async Task A_stop_closes_all()
    {
        await ServeOnAsync(Tcp, Unix);

        _ = (await Site.StopAsync()).Succeeded();

        Assert.Equal("0", await Site.ShowAsync("NFileDescriptorStore"));
        Assert.Equal("", (await Host.ScriptAsync("ss -Hltn 'sport = :8000'")).Text);
        Assert.NotEqual(0, (await Host.ExecAsync("test", "-e", "/run/prism-django")).ExitCode);
    }

    [Fact]
    public async Task A_web_server_of_the_group_may_connect_to_the_path_and_others_may_not()
    {
        await ServeOnAsync(Unix);

        Assert.Equal("200", (await AskAsAsync("www-data", "prism")).Text);
        Assert.NotEqual(0, (await AskAsAsync("www-data", "www-data")).ExitCode);
        Assert.Equal("660 prism prism", (await Host.ExecAsync("stat", "--format=%a %U %G", UnixPath)).Text);
    }

    [Fact]
    public async Task A_path_that_goes_with_its_folder_is_bound_anew()
    {
        await Site.OverrideUnitAsync("[Service]\nRuntimeDirectoryPreserve=no\n");
        await ServeOnAsync(Unix);

        _ = (await Site.RestartAsync()).Succeeded();

        Assert.Equal("200", (await AskAsAsync("www-data", "prism")).Text);
        Assert.Equal("1", await Site.ShowAsync("NFileDescriptorStore"));
        Assert.Equal(2, (await Site.JournalAsync()).Count(entry => entry.Message == $"Listening on {Unix} (bound by the supervisor)"));
    }

    [Fact]
    public async Task A_unit_without_a_store_serves_all_the_same()
    {
        await Site.OverrideUnitAsync("[Service]\nFileDescriptorStoreMax=0\n");
        await ServeOnAsync(Tcp);

        _ = (await Site.RestartAsync()).Succeeded();

        Assert.Equal(200, (await Site.GetAsync()).Status);
    }

    [Fact]
    public async Task A_store_that_is_too_small_is_told()
    {
        await Site.OverrideUnitAsync("[Service]\nFileDescriptorStoreMax=1\n");

        await ServeOnAsync(Tcp, Unix);

        Assert.Contains(await Site.JournalAsync(), entry => entry.Message.Contains("(FileDescriptorStoreMax= is 1: raise it to the number of addresses)", StringComparison.Ordinal));
        Assert.Equal("1", await Site.ShowAsync("NFileDescriptorStore"));
    }

    [Fact]
    public async Task The_sockets_of_a_socket_unit_are_served_on_and_never_stored()
    {
        await WithoutStepsAsync();
        _ = await Host.ScriptAsync($"""
            sed 's|^#ListenStream|ListenStream|' {Site.RepositoryInside}/packaging/systemd/prism-django.socket >/run/systemd/system/prism-django.socket
            systemctl daemon-reload
            systemctl start prism-django.socket
            """);
        try
        {
            _ = (await Site.StartAsync()).Succeeded();
            foreach (var address in new[] { Tcp, "unix:/run/prism-django.sock" })
            {
                var visitors = await Visitors.AskAsync(Host, address);
                _ = (await Site.RestartAsync()).Succeeded();
                Assert.Empty((await visitors.EndAsync()).Failures);
            }

            Assert.Contains(await Site.JournalAsync(), entry => entry.Message == $"Listening on {Tcp}, {Tcp6}, unix:/run/prism-django.sock (passed by prism-django.socket)");
            Assert.Equal("0", await Site.ShowAsync("NFileDescriptorStore"));
            _ = (await Site.StopAsync()).Succeeded();
            Assert.Equal("prism 660", (await Host.ExecAsync("stat", "--format=%G %a", "/run/prism-django.sock")).Text);
        }
        finally
        {
            _ = await Host.ScriptAsync("systemctl stop prism-django.service prism-django.socket; rm -f /run/systemd/system/prism-django.socket /run/prism-django.sock; systemctl daemon-reload");
        }
    }

    [Fact]
    public async Task The_shipped_units_are_verified_without_a_word()
    {
        var verified = await Host.ScriptAsync($"""
            cp {Site.RepositoryInside}/packaging/systemd/prism-django.socket /run/systemd/system/
            systemd-analyze verify prism-django.service prism-django.socket 2>&1 | grep prism || :
            rm /run/systemd/system/prism-django.socket
            """);

        Assert.Equal("", verified.Output);
    }

    [Fact]
    public async Task A_supervisor_that_fails_is_not_started_in_a_hot_loop()
    {
        await Site.OverrideUnitAsync("[Service]\nRestartPreventExitStatus=\n");
        await Host.WriteFileAsync(Site.ConfigurationFile, "{");
        var first = await Site.ShowAsync("RestartUSecNext");

        _ = await Site.StartAsync();
        await Site.WaitForAsync("NRestarts", text => int.Parse(text, CultureInfo.InvariantCulture) >= 5, Patience);

        Assert.Equal("100ms", first);
        Assert.NotEqual("100ms", await Site.ShowAsync("RestartUSecNext"));
        Assert.Equal("5s", await Site.ShowAsync("RestartMaxDelayUSec"));
        _ = await Host.ExecAsync("systemctl", "reset-failed", Site.Unit);
        _ = await Site.StopAsync();
    }

    private async Task ServeOnAsync(params string[] bind)
    {
        await WriteBindAsync(bind);
        _ = (await Site.StartAsync()).Succeeded();
    }

    private async Task WriteBindAsync(params string[] bind)
    {
        var configuration = WithoutSteps();
        configuration["bind"] = new JsonArray([.. bind.Select(one => (JsonNode)one)]);
        await Site.WriteConfigurationAsync(configuration);
    }

    private Task WithoutStepsAsync() => Site.WriteConfigurationAsync(WithoutSteps());

    /// <summary>What this is about is over sooner without them, and /healthz asks for no table.</summary>
    private static JsonObject WithoutSteps()
    {
        var configuration = Site.DefaultConfiguration();
        configuration["steps"] = new JsonObject { ["migrate"] = "", ["collectstatic"] = "" };
        return configuration;
    }

    private Task<ExecResult> AskAsAsync(string user, string group) => Host.ExecAsync(
        "setpriv", $"--reuid={user}", $"--regid={user}", $"--groups={group}",
        "curl", "--silent", "--max-time", "30", "--unix-socket", UnixPath, "--header", $"Host: {Site.HostName}", "--output", "/dev/null", "--write-out", "%{http_code}", "http://site/healthz");
}
