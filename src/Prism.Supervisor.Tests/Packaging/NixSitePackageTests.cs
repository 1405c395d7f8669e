using System.Text.Json;
using System.Text.RegularExpressions;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>What packaging/nix/prism-django/package.nix takes, which Python it makes, and what it refuses.</summary>
[Trait("ring", "process")]
public sealed class NixSitePackageTests
{
    private const string Here = "siteSource = ./samples/prism-site;";

    private static readonly string[] Stack =
    [
        "crispy-bootstrap5", "dj-database-url", "django", "django-crispy-forms", "djangorestframework", "gunicorn", "pillow", "psycopg2", "python-decouple", "whitenoise",
    ];

    /// <summary>Also where it overrides the source of the overlay's package.</summary>
    [Theory]
    [InlineData("")]
    [InlineData(Here)]
    public async Task A_site_is_a_revision_and_its_hash(string before)
    {
        var site = await OfAsync("{ inherit (package.src) url rev hash; inherit (package) version; }", before + """gitUrl = "file:///srv/prism.git"; gitRev = "0123456789abcdef"; gitHash = "sha256-x";""");

        Assert.Equal("""{"hash":"sha256-x","rev":"0123456789abcdef","url":"file:///srv/prism.git","version":"0-unstable-01234567"}""", site.GetRawText());
    }

    [Fact]
    public async Task Or_a_folder() => Assert.EndsWith("/samples/prism-site", (await OfAsync("package.environment.src", Here)).GetString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("""gitRev = "0123456789abcdef";""")]
    [InlineData("""gitRev = "0123456789abcdef"; gitHash = "sha256-x";""")]
    [InlineData($"""{Here} gitUrl = "file:///srv/prism.git";""")]
    public async Task Without_either_it_says_what_to_give(string arguments)
    {
        var answer = await NixPackages.TryPackageAsync("prism-django", "package.environment", arguments);

        Assert.Equal(1, answer.Code);
        Assert.Contains("prism-django: which site? Give gitUrl, gitRev and gitHash, or siteSource", answer.Error, StringComparison.Ordinal);
    }

    /// <summary>The stand-in refuses packageOverrides without self, which bring another Django along.</summary>
    [Fact]
    public async Task Its_python_has_the_stack_and_django_5()
    {
        var python = await OfAsync("""{ inherit (package.pythonEnv) packages; django = package.python.pkgs.django.version; }""", Here, """django = "5.2.1";""");

        Assert.Equal("5.2.1", python.GetProperty("django").GetString());
        Assert.Equal(Stack, python.GetProperty("packages").EnumerateArray().Select(one => one.GetString()!));
    }

    [Fact]
    public async Task Celery_and_what_else_the_site_imports_are_added()
    {
        var packages = await OfAsync("package.pythonEnv.packages", $"{Here} withCelery = true; extraPythonPackages = ps: [ ps.setuptools ];");

        Assert.Equal([.. Stack, "celery", "setuptools"], packages.EnumerateArray().Select(one => one.GetString()!));
    }

    [Fact]
    public async Task Where_the_package_set_lacks_the_template_pack_it_is_built()
    {
        var pack = await OfAsync("""{ inherit (package.python.pkgs.crispy-bootstrap5) version; inherit (package.python.pkgs.crispy-bootstrap5.src) tag hash; django = map (one: one.version or "") package.python.pkgs.crispy-bootstrap5.dependencies; }""", Here, """hasCrispyBootstrap5 = false; django = "5.2.1";""");

        Assert.Equal(pack.GetProperty("version").GetString(), pack.GetProperty("tag").GetString());
        Assert.Matches("^sha256-[A-Za-z0-9+/]{43}=$", pack.GetProperty("hash").GetString());
        Assert.Equal("5.2.1", pack.GetProperty("django")[0].GetString());
    }

    [Fact]
    public async Task It_says_what_it_is_and_where()
    {
        var told = await OfAsync("{ inherit (package) appRoot meta outputs; }", $"{Here} collectStatic = true;");

        Assert.Matches("^/nix/store/[^/]+-prism-django-0-unstable/share/prism-django$", told.GetProperty("appRoot").GetString());
        Assert.Equal("prism-manage", told.GetProperty("meta").GetProperty("mainProgram").GetString());
        Assert.Equal("""["out","static"]""", told.GetProperty("outputs").GetRawText());
    }

    /// <summary>service.nix asks: for Celery's units, and for what need not be collected again.</summary>
    [Theory]
    [InlineData("", "false", "false")]
    [InlineData("withCelery = true;", "true", "false")]
    [InlineData("collectStatic = true;", "false", "true")]
    public async Task It_says_what_it_was_built_with(string arguments, string celery, string collected)
    {
        var told = await OfAsync("{ inherit (package) withCelery collectStatic; }", $"{Here} {arguments}");

        Assert.Equal((celery, collected), (told.GetProperty("withCelery").GetRawText(), told.GetProperty("collectStatic").GetRawText()));
    }

    /// <summary>What reviewers of such packages refuse: impure sources, silent replacements, names from nowhere.</summary>
    [Theory]
    [InlineData(@"builtins\.fetch")]
    [InlineData(@"--replace ")]
    [InlineData(@"with lib;")]
    [InlineData(@"placeholder")]
    [InlineData(@"propagatedBuildInputs")]
    [InlineData(@"src = \./\.")]
    public void No_package_does_what_a_reviewer_refuses(string pattern)
    {
        string[] files = [Repository.PathTo("flake.nix"), .. new[] { "prism-supervisor", "prism-django" }.SelectMany(one => Directory.EnumerateFiles(Repository.PathTo("packaging", "nix", one), "*.nix"))];

        Assert.All(files, file => Assert.DoesNotMatch(new Regex(pattern), File.ReadAllText(file)));
    }

    private static Task<JsonElement> OfAsync(string what, string arguments, string pkgs = "") => NixPackages.OfPackageAsync("prism-django", what, arguments, pkgs);
}
