using System.Globalization;
using System.Text.RegularExpressions;
using Prism.Supervisor.Tests.Support;
using Capture = Prism.Supervisor.Tests.Support.Capture;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>The units that are shipped, and what systemd thinks of them: packaging/systemd and packaging/nix/tests/golden.</summary>
[Trait("ring", "process")]
public sealed class RenderedUnitsTests
{
    private static readonly string Everything = $"imports = [ {Repository.PathTo("packaging", "nix", "tests", "everything.nix")} ];";

    [Fact]
    public async Task They_are_what_the_module_says()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/nix-instantiate"), "no nix-instantiate: eng/install-missing");

        var difference = await RunAsync(Repository.PathTo("eng", "render-units"), "--check");

        Assert.Equal((0, "", ""), (difference.Code, difference.Text, difference.Error));
    }

    [Theory]
    [InlineData("")]
    [InlineData("services.prism.confine = true;")]
    public async Task Systemd_has_nothing_to_complain_about(string settings)
    {
        using var folder = new TempFolder();
        var units = new Dictionary<string, string>((await NixService.EvaluateAsync(Everything + settings)).Units);
        foreach (var name in units.Keys)
        {
            Install(folder, name, units[name]);
        }

        var verified = await RunAsync("/usr/bin/systemd-analyze", ["verify", $"--root={folder.Path}", .. units.Keys.Select(name => $"/etc/systemd/system/{name}")]);

        Assert.Equal((0, ""), (verified.Code, await WithoutNewsAsync(verified.Error)));
    }

    [Theory]
    [InlineData("packaging/systemd/prism-django.service", 1.1)]
    [InlineData("packaging/nix/tests/golden/prism-django.service", 0.9)]
    public async Task They_are_exposed_no_more_than(string unit, double bar) =>
        Assert.InRange(await ExposureAsync(Repository.PathTo(unit)), 0, bar);

    [Theory]
    [InlineData("services.prism.allowedAddresses = [ ];", 0.9)]
    [InlineData("""services.prism.allowedAddresses = [ "10.1.1.0/24" ];""", 1.0)]
    [InlineData("""services.prism = { allowedAddresses = [ "10.1.1.0/24" ]; confine = true; };""", 0.9)]
    public async Task With_its_options_the_site_is_exposed_no_more_than(string settings, double bar)
    {
        using var folder = new TempFolder();

        Assert.InRange(await ExposureAsync(folder.Write("prism-django.service", (await NixService.EvaluateAsync(settings)).Unit)), 0, bar);
    }

    private static async Task<double> ExposureAsync(string unit)
    {
        var answer = await RunAsync("/usr/bin/systemd-analyze", "security", "--offline=true", "--no-pager", unit);
        return double.Parse(Regex.Match(answer.Text, @"Overall exposure level for \S+: (\d+\.\d+)").Groups[1].Value, CultureInfo.InvariantCulture);
    }

    // A root with nothing in it but this unit, what it needs of systemd's own, and the programs that it names.
    private static void Install(TempFolder folder, string name, string text)
    {
        var target = Directory.CreateDirectory(folder["etc/systemd/system"]);
        File.WriteAllText(Path.Combine(target.FullName, name), text);
        _ = Directory.CreateDirectory(folder["usr/lib/systemd/system"]);
        foreach (var shipped in Directory.GetFiles("/lib/systemd/system", "*.*").Where(file => Path.GetExtension(file) is ".target" or ".slice" or ".mount"))
        {
            File.Copy(shipped, Path.Combine(folder["usr/lib/systemd/system"], Path.GetFileName(shipped)), overwrite: true);
        }

        foreach (Match program in Regex.Matches(text, @"(?m)^Exec\w+=""?(?<program>/[^ ""]+)"))
        {
            var path = program.Groups["program"].Value[1..];
            _ = Directory.CreateDirectory(Path.GetDirectoryName(folder[path])!);
            _ = folder.WriteScript(path, "#!/bin/sh\n");
        }
    }

    // What a systemd before 254 does not know yet, by name; nothing of it on a newer one.
    private static async Task<string> WithoutNewsAsync(string words)
    {
        var version = (await RunAsync("/usr/bin/systemd-analyze", "--version")).Text.Split(' ')[1];
        return int.Parse(version, CultureInfo.InvariantCulture) >= 254
            ? words
            : Regex.Replace(words, @"(?m)^.*: (Failed to parse service type, ignoring: notify-reload|Unknown key '(OpenFile|ReloadSignal|RestartSteps|RestartMaxDelaySec)' in section \[Service\], ignoring\.)\n", "");
    }

    private static Task<Capture> RunAsync(string program, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists(program), $"no {program}");
        return Capture.RunAsync(program, new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["HOME"] = "/nonexistent" }, Repository.Root, arguments);
    }
}
