using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Prism.Supervisor.Tests.Host;

/// <summary>The static files under the shipped unit: what visitors and the web server, a member of the site's group, find before and after a release.</summary>
public sealed partial class StaticFilesTests(HostFixture fixture) : SiteTest(fixture)
{
    private const string Releases = Site.Releases;
    private const string Public = $"{Site.State}/staticfiles";
    private const string Css = "/static/journal/journal.css";

    private readonly JsonObject configuration = Site.DefaultConfiguration();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Site.CopyReleasesAsync("one", "two");
        _ = await Host.ScriptAsync($"""
            printf '\nbody {"{"} color: rebeccapurple; {"}"}\n' >>{Releases}/two/journal/static/journal/journal.css
            find {Releases} -type f -exec touch -d @1 {"{}"} +
            """);
        await Site.SwitchToAsync("one");
        configuration["steps"]!["migrate"] = $"{Releases}/current/bin/prism-migrate";
        configuration["steps"]!["collectstatic"] = $"{Releases}/current/bin/prism-collectstatic";
        configuration["gunicorn"]!["command"] = $"{Releases}/current/bin/prism-gunicorn";
        configuration["reload"] = new JsonObject { ["canarySeconds"] = 0.2 };
        await Site.WriteConfigurationAsync(configuration);
    }

    [Fact]
    public async Task A_folder_that_was_there_becomes_a_link_and_its_files_stay_until_the_next_release()
    {
        _ = await Host.ScriptAsync($"""
            install -d -o prism -g prism -m 0750 {Site.State} {Public} {Public}/css
            cd {Site.State}
            echo old | runuser -u prism -- tee {Public}/css/old.0123.css >/dev/null
            """);
        await StartAsync();

        Assert.Matches(@"^staticfiles\.releases/[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12}$", await LinkAsync());
        Assert.Equal("old\n", (await Site.GetAsync("/static/css/old.0123.css")).Body);
        Assert.Equal("old\n", await Host.ReadFileAsync($"{Public}/css/old.0123.css"));
        Assert.Contains(await Site.JournalAsync(), entry => entry.Message.StartsWith($"{Public} was a folder and is a link now; ", StringComparison.Ordinal));

        await Site.SwitchToAsync("two");
        _ = (await Site.ReloadAsync()).Succeeded();

        Assert.Equal(404, (await Site.GetAsync("/static/css/old.0123.css")).Status);
        Assert.DoesNotContain(await Site.JournalAsync(), entry => entry.Priority <= 4 && entry["PRISM_STEP"] == "collectstatic");
    }

    [Fact]
    public async Task New_content_with_an_old_time_is_served_after_a_reload_and_old_pages_find_their_files()
    {
        await StartAsync();
        var hashed = HashedName().Match((await Site.GetAsync("/")).Body).Value;
        var old = await Site.GetAsync(hashed);
        var link = await LinkAsync();
        await Site.SwitchToAsync("two");

        _ = (await Site.ReloadAsync()).Succeeded();

        var now = await Site.GetAsync(Css);
        Assert.Contains("rebeccapurple", now.Body, StringComparison.Ordinal);
        Assert.Contains("rebeccapurple", await Host.ReadFileAsync($"{Public}/journal/journal.css"), StringComparison.Ordinal);
        var (length, size) = await LengthsAsync(Css);
        Assert.Equal(size, length);
        Assert.NotEqual(hashed, HashedName().Match((await Site.GetAsync("/")).Body).Value);
        Assert.Equal((200, old.Body), ((await Site.GetAsync(hashed)).Status, (await Site.GetAsync(hashed)).Body));
        Assert.NotEqual(link, await LinkAsync());
    }

    [Fact]
    public async Task A_failed_reload_leaves_the_link_and_what_it_leads_to()
    {
        await StartAsync();
        var (link, css) = (await LinkAsync(), await Host.ReadFileAsync($"{Public}/journal/journal.css"));
        await Site.SwitchToAsync("two");
        configuration["environment"]!["PRISM_FAULTS"] = "1";
        configuration["environment"]!["PRISM_BROKEN_SITE"] = "1";
        configuration["gunicorn"]!["startTimeoutSeconds"] = 15;
        await Site.WriteConfigurationAsync(configuration);

        Assert.Equal(1, (await Site.ReloadAsync()).ExitCode);

        Assert.Equal((link, css), (await LinkAsync(), await Host.ReadFileAsync($"{Public}/journal/journal.css")));
        Assert.EndsWith("; migrate applied nothing", await Site.ShowAsync("StatusText"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_web_server_reads_every_file_as_a_member_of_the_group()
    {
        await StartAsync();

        Assert.Equal("0 0", (await Host.ScriptAsync($"""
            as="setpriv --reuid=www-data --regid=www-data --groups=$(getent group prism | cut -d: -f3)"
            test "$($as find {Public}/ -type f | wc -l)" -gt 100
            test "$($as find {Public}/ -type f | wc -l)" = "$(find {Public}/ -type f | wc -l)"
            echo $($as find {Public}/ ! -readable | wc -l) $($as find {Public}/ -type d ! -executable | wc -l)
            """)).Text);
    }

    [Fact]
    public async Task A_restart_of_what_has_not_changed_keeps_the_folder()
    {
        await StartAsync();
        var link = await LinkAsync();

        _ = (await Site.RestartAsync()).Succeeded();

        Assert.Equal(link, await LinkAsync());
        Assert.Equal("3", (await Host.ScriptAsync($"ls {Public}.releases | wc -l")).Text);
    }

    [Fact]
    public async Task A_full_disk_is_one_line_and_what_serves_goes_on()
    {
        await StartAsync();
        _ = await Host.ScriptAsync($"mkdir /run/prism-small && mount -t tmpfs -o size=600k,uid=prism,gid=prism,mode=0750 tmpfs /run/prism-small");
        try
        {
            await Site.OverrideUnitAsync("[Service]\nReadWritePaths=/run/prism-small\n");
            _ = (await Site.RestartAsync()).Succeeded();
            configuration["static"] = new JsonObject { ["path"] = "/run/prism-small/static" };
            await Site.WriteConfigurationAsync(configuration);

            Assert.Equal(1, (await Site.ReloadAsync()).ExitCode);

            Assert.Matches(
                @"; the last reload failed: collectstatic: no space is left for the static files: /run/prism-small/static\.releases has 0\.[0-9] MB free \(df, df -i, quota\) now that the 0\.[0-9] MB that were collected are removed again; make room there and try again; migrate applied nothing$",
                await Site.ShowAsync("StatusText"));
            Assert.Equal("", (await Host.ScriptAsync("ls /run/prism-small/static.releases")).Text);
            Assert.Equal(200, (await Site.GetAsync(Css)).Status);
        }
        finally
        {
            _ = await Host.ScriptAsync("systemctl stop prism-django; umount /run/prism-small; rmdir /run/prism-small");
        }
    }

    [Fact]
    public async Task What_cannot_be_switched_is_a_warning_and_the_site_serves()
    {
        _ = await Host.ScriptAsync($"""
            install -d -o prism -g prism -m 0750 {Site.State} {Public}
            mount -t tmpfs tmpfs {Public}
            """);
        try
        {
            await StartAsync();

            var warning = Assert.Single(await Site.JournalAsync(), entry => entry.Priority == 4 && entry["PRISM_STEP"] == "collectstatic");
            Assert.Equal(
                $"static.path: {Public} stays as it was: something is mounted there; the static files of the release that serves are in {Public}.releases/current: let the web server read them there, or make {Public} free",
                warning.Message);
            Assert.Equal(200, (await Site.GetAsync(Css)).Status);
        }
        finally
        {
            _ = await Host.ScriptAsync($"systemctl stop prism-django; umount {Public}");
        }
    }

    private async Task StartAsync() => (await Site.StartAsync()).Succeeded();

    private async Task<string> LinkAsync() => (await Host.ScriptAsync($"readlink {Public}")).Text;

    private async Task<(string Length, string Size)> LengthsAsync(string path)
    {
        var lines = (await Host.ScriptAsync($"curl -sS -D /run/head -o /run/body -H 'Host: {Site.HostName}' http://127.0.0.1:8000{path}; grep -i '^content-length:' /run/head | tr -dc 0-9; echo; wc -c </run/body")).Text.Split('\n');
        return (lines[0], lines[1]);
    }

    [GeneratedRegex(@"/static/journal/journal\.[0-9a-f]{12}\.css")]
    private static partial Regex HashedName();
}
