using Prism.Supervisor.Systemd;

namespace Prism.Supervisor.Tests;

/// <summary>What a unit's own command line says about its configuration.</summary>
public sealed class UnitFilesTests
{
    [Theory]
    [InlineData("/a.json", "/usr/bin/prism-supervisor run --config /a.json")]
    [InlineData("/a.json", "prism-supervisor run -v --config=/a.json")]
    [InlineData("/a.json", "env A=1 prism-supervisor run -c/a.json")]
    [InlineData("/state/a.json", "prism-supervisor run -c a.json")]
    [InlineData(null, "prism-supervisor run")]
    [InlineData(null, "gunicorn --config /a.json")]
    [InlineData("/a.json", "prism-supervisor exec --config /a.json -- celery worker -c 4")]
    [InlineData("/a.json", "prism-supervisor exec --dialect sops --unauthenticated=named -c /a.json celery run -c 4")]
    [InlineData(null, "prism-supervisor exec -- celery run -c 4")]
    [InlineData(null, "prism-supervisor exec --user prism celery run --config /b.json")]
    [InlineData(null, "prism-supervisor exec --pass -c celery --config /b.json")]
    public void The_configuration_is_the_one_its_command_names(string? file, string command) =>
        Assert.Equal(file, UnitFiles.Configuration(Unit(command), "/state"));

    private static ServiceUnit Unit(string command) =>
        new("prism.service", command.Split(' '), "", "", [], false, "", 0, [], [], [], [], [], [], [], [], null);
}
