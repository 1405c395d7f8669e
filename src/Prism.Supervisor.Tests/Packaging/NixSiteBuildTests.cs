using System.Buffers.Binary;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>What the phases of packaging/nix/prism-django/package.nix leave, run on the sample site with this machine's Python.</summary>
[Trait("ring", "process")]
public sealed class NixSiteBuildTests : IClassFixture<NixSiteBuild>
{
    private readonly NixSiteBuild _site;

    public NixSiteBuildTests(NixSiteBuild site)
    {
        NixPackages.SkipWithoutNix();
        _site = site;
    }

    [Theory]
    [InlineData("prism-manage check", "System check identified no issues")]
    [InlineData("prism-gunicorn --version", "(version ")]
    [InlineData("prism-gunicorn --print-config", "wsgi_app ")]
    [InlineData("prism-migrate --help", "usage: manage.py migrate")]
    [InlineData("prism-collectstatic --help", "usage: manage.py collectstatic")]
    [InlineData("prism-runserver --help", "usage: manage.py runserver")]
    public async Task Every_command_runs_from_anywhere(string command, string told)
    {
        var words = command.Split(' ');

        var answer = await RunAsync(words[0], [], words[1..]);

        Assert.True(answer.Code == 0, answer.Error);
        Assert.Contains(told, answer.Text + answer.Error, StringComparison.Ordinal);
    }

    /// <summary>celerybeat, for one, writes where it is.</summary>
    [Fact]
    public async Task Commands_work_in_the_first_state_directory()
    {
        using var state = new TempFolder();

        Assert.Equal(state.Path, await SaysAsync("os.getcwd()", ("STATE_DIRECTORY", $"{state.Path}:/nonexistent")));
        Assert.Equal(_site.Application, await SaysAsync("os.getcwd()"));
    }

    /// <summary>It puts the folder it is in before all others in sys.path.</summary>
    [Fact]
    public async Task Gunicorn_works_in_the_sites_own_folder()
    {
        using var state = new TempFolder();
        _ = state.Write("gunicorn.py", "raise SystemExit('from the state directory')");

        var answer = await RunAsync("prism-gunicorn", [("STATE_DIRECTORY", state.Path)], "--print-config");

        Assert.True(answer.Code == 0, answer.Error);
        Assert.Matches($@"chdir\s+= {_site.Application}\n", answer.Text);
        Assert.Matches($@"config\s+= {_site.Application}/gunicorn.conf.py\n", answer.Text);
    }

    [Fact]
    public async Task The_environment_is_the_sites_own()
    {
        Assert.Equal(_site.Application, await SaysAsync("os.environ['PYTHONPATH']", ("PYTHONPATH", "/elsewhere")));
        Assert.Equal($"{Path.GetDirectoryName(_site.Python)}:/usr/bin:/bin", await SaysAsync("os.environ['PATH']"));
        Assert.Equal("prism.settings", await SaysAsync("os.environ['DJANGO_SETTINGS_MODULE']"));
    }

    /// <summary>The process that was started is the one that a supervisor watches.</summary>
    [Theory]
    [InlineData("prism-gunicorn")]
    [InlineData("prism-manage")]
    [InlineData("prism-celery")]
    public void A_wrapper_becomes_python(string command) =>
        Assert.StartsWith($"exec {_site.Python} ", File.ReadLines(_site[command]).Last(), StringComparison.Ordinal);

    /// <summary>PEP 552: in the store every file has the same time, so bytecode says that its source need not be asked.</summary>
    [Fact]
    public void Every_module_is_compiled_for_good()
    {
        foreach (var module in Directory.EnumerateFiles(_site.Application, "*.py", SearchOption.AllDirectories))
        {
            var compiled = Directory.GetFiles(Path.Combine(Path.GetDirectoryName(module)!, "__pycache__"), $"{Path.GetFileNameWithoutExtension(module)}.cpython-*.pyc");

            Assert.Equal(1u, BinaryPrimitives.ReadUInt32LittleEndian(File.ReadAllBytes(Assert.Single(compiled)).AsSpan(4)));
        }
    }

    [Fact]
    public async Task Static_files_are_collected_and_the_commands_know_where()
    {
        Assert.True(File.Exists(Path.Combine(_site.Static, "staticfiles.json")));
        Assert.Equal(_site.Static, await SaysAsync("__import__('django.conf').conf.settings.STATIC_ROOT"));
        Assert.Equal("/other", await SaysAsync("__import__('django.conf').conf.settings.STATIC_ROOT", ("STATIC_ROOT", "/other")));
    }

    [Theory]
    [InlineData("""buildEnvironment = { };""", "SECRET_KEY")]
    [InlineData("""buildEnvironment = { SECRET_KEY = "x"; PRISM_BROKEN_WSGI = "1"; };""", "prism.wsgi was told to be broken")]
    [InlineData("""settingsModule = "prism.nothing";""", "No module named 'prism.nothing'")]
    [InlineData("""python313 = (import PACKAGES { python = "FOLDER/python"; django = "9.9"; }).python313;""", "another Django got in")]
    public async Task A_site_that_would_not_start_is_not_built(string arguments, string told)
    {
        var folder = new TempFolder();
        var given = arguments.Replace("PACKAGES", Repository.PathTo("packaging", "nix", "tests", "packages"), StringComparison.Ordinal).Replace("FOLDER", folder["made"], StringComparison.Ordinal);

        var answer = await NixSiteBuild.MakeAsync(folder["made"], given);
        await NixSiteBuild.RemoveAsync(folder);

        Assert.Equal(70, answer.Code);
        Assert.Contains(told, answer.Error, StringComparison.Ordinal);
    }

    private async Task<string> SaysAsync(string expression, params (string Name, string Value)[] environment)
    {
        var answer = await RunAsync("prism-manage", environment, "shell", "-c", $"import os; print('said', {expression})");
        Assert.True(answer.Code == 0, answer.Error);
        return answer.Text.Split('\n').Single(line => line.StartsWith("said ", StringComparison.Ordinal))["said ".Length..];
    }

    private Task<Capture> RunAsync(string command, (string Name, string Value)[] environment, params string[] arguments)
    {
        var complete = new Dictionary<string, string>(NixPackages.Environment) { ["SECRET_KEY"] = "only-for-the-test" };
        foreach (var (name, value) in environment)
        {
            complete[name] = value;
        }

        return Capture.RunAsync(_site[command], complete, "/", arguments);
    }
}
