using System.Globalization;
using System.Text.Json;
using Prism.Supervisor.Tests.Host;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>The unit as NixOS would write it, store paths and all, on a host with a real systemd; a switch as `nixos-rebuild switch` makes it.</summary>
public sealed class NixHostTests(HostFixture fixture) : NixSiteTest(fixture)
{
    [Fact]
    public async Task A_switch_to_another_release_is_a_reload_that_nobody_notices()
    {
        var first = await NixService.EvaluateAsync(Settings + Release("first"));
        var second = await NixService.EvaluateAsync(Settings + Release("second"));
        await InstallAsync(first, "first");
        _ = (await Site.StartAsync()).Succeeded();
        var before = await Site.GetAsync();
        var supervisor = await Site.MainPidAsync();
        var visitors = await Visitors.AskAsync(Host, "127.0.0.1:8000");

        // What is new in the store, then the links of /etc, the units, and a reload of what has nothing but its triggers changed.
        await InstallAsync(second, "second");
        var reload = await Site.ReloadAsync();

        var (answers, failures) = await visitors.EndAsync();
        Assert.Equal((0, ""), (reload.ExitCode, reload.Error));
        Assert.Empty(failures);
        Assert.InRange(answers, 10, int.MaxValue);
        Assert.Equal(("first", "second"), (before.Json.GetProperty("release").GetString(), (await Site.GetAsync()).Json.GetProperty("release").GetString()));
        Assert.Equal(supervisor, await Site.MainPidAsync());
        Assert.Equal("yes", await Site.ShowAsync("MemoryDenyWriteExecute"));
    }

    /// <summary>As that test declares it, secrets, key, database and all; only the key's way to its place is NixOS' own.</summary>
    [Fact]
    public async Task The_host_of_the_vm_test_starts()
    {
        var service = await NixService.EvaluateAsync($$"""
            imports = [ (import {{Repository.PathTo("packaging", "nix", "tests", "vm.nix")}} { module = { }; }).nodes.machine ];
            """);
        await InstallAsync(service, "first");
        await Host.WriteFileAsync(service.Configuration.GetProperty("secrets").GetProperty("file").GetString()!, await File.ReadAllTextAsync(Repository.PathTo("packaging", "nix", "hosts", "midship", "prism.env"), TestContext.Current.CancellationToken));
        await Host.WriteFileAsync("/etc/prism/age.key", await File.ReadAllTextAsync(Repository.PathTo("samples", "secrets", "age-key.txt"), TestContext.Current.CancellationToken));
        _ = await Host.ScriptAsync("chmod 0400 /etc/prism/age.key");

        _ = (await Site.StartAsync()).Succeeded();

        var health = await Host.ExecAsync("curl", "--fail", "--silent", "--show-error", "http://localhost:8000/healthz");
        Assert.True(health.ExitCode == 0, health.Error);
        Assert.Equal("postgresql", JsonElement.Parse(health.Output).GetProperty("database").GetString());
    }

    [Fact]
    public async Task An_unchanged_release_of_the_store_is_not_migrated_again()
    {
        await InstallAsync(await NixService.EvaluateAsync(Settings + Release("first")), "first");
        _ = (await Site.StartAsync()).Succeeded();

        _ = (await Site.RestartAsync()).Succeeded();

        Assert.Contains(await Site.JournalAsync(), entry => entry.Message.StartsWith("Skipped migrate: nothing has changed since it succeeded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Root_manages_the_site_with_its_secrets_and_settings()
    {
        var service = await NixService.EvaluateAsync(Settings + Release("first"));
        await InstallAsync(service, "first");
        _ = await Host.ScriptAsync($"install -d -o prism -g prism {Site.State}");

        var asked = await Host.ExecAsync("sh", "-c", service.Commands["prism-manage"], "prism-manage", "shell", "-c", "import os; print(os.getuid() != 0, os.environ['POSTGRES_DB'], bool(os.environ['SECRET_KEY']))");

        Assert.Equal((0, "True prism True"), (asked.ExitCode, asked.Output.Trim().Split('\n')[^1]));
    }

    [Fact]
    public async Task Celery_is_started_when_the_site_has_answered_and_has_its_secrets()
    {
        await InstallCeleryAsync();

        _ = (await Site.StartAsync()).Succeeded();
        await UntilCeleryRunsAsync();

        Assert.True(await MomentAsync(Site.Unit, "ActiveEnterTimestampMonotonic") < await MomentAsync(Celery, "ExecMainStartTimestampMonotonic"), "Celery was started before the site had answered");
        _ = (await Site.StopAsync()).Succeeded();
        Assert.Equal("inactive", (await Host.ExecAsync("systemctl", "is-active", Celery)).Output.TrimEnd());
    }

    [Fact]
    public async Task Celery_is_started_too_when_the_site_needs_a_second_try()
    {
        await InstallCeleryAsync("services.prism.settings.database.waitSeconds = 0;");
        _ = (await Host.ExecAsync("systemctl", "stop", Site.DatabaseUnit)).Succeeded();

        Assert.NotEqual(0, (await Site.StartAsync()).ExitCode);
        Assert.NotEqual("active", (await Host.ExecAsync("systemctl", "is-active", Celery)).Output.TrimEnd());
        _ = (await Host.ExecAsync("systemctl", "start", Site.DatabaseUnit)).Succeeded();

        await UntilCeleryRunsAsync();
        Assert.Equal("active", await Site.ShowAsync("ActiveState"));
    }

    [Theory]
    [InlineData("services.prism.allowedAddresses = [ ];")]
    [InlineData("""services.prism = { allowedAddresses = [ "10.1.1.0/24" ]; confine = true; };""")]
    public async Task This_systemd_has_nothing_to_complain_about_either(string settings)
    {
        var service = await NixService.EvaluateAsync(Settings + Release("first") + settings + """
            services.prism = { celery.worker.enable = true; celery.beat.enable = true; celery.command = [ "/bin/true" ]; };
            """);
        await InstallAsync(service, "first");

        var verified = await Host.ScriptAsync($"systemd-analyze verify {string.Join(' ', service.Units.Keys)} 2>&1 | grep prism || :");
        var exposed = await Host.ExecAsync("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=9", $"/etc/systemd/system/{Site.Unit}");

        Assert.Equal("", verified.Output);
        Assert.True(exposed.ExitCode == 0, $"exposed more than 0.9: {exposed.Output}");
    }

    private async Task<long> MomentAsync(string unit, string property) =>
        long.Parse((await Host.ExecAsync("systemctl", "show", "--value", $"--property={property}", unit)).Text, CultureInfo.InvariantCulture);
}
