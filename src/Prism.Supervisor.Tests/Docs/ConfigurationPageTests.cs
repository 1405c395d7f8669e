using System.Text.Json;
using System.Text.RegularExpressions;
using Prism.Supervisor.Configuration;

namespace Prism.Supervisor.Tests.Docs;

public sealed class ConfigurationPageTests
{
    [Fact]
    public void The_page_lists_every_setting_and_no_other()
    {
        var listed = Repository.Lines("docs/configuration.md")
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1]);

        Assert.Equal(ReadAll().Known.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_page_names_the_settings_that_no_variable_overrides()
    {
        var exceptions = Between(" save\nfor ", " an environment variable").Split('`').Where((_, index) => index % 2 == 1);

        Assert.Equal(ReadAll().FileOnly.Order(StringComparer.Ordinal), exceptions.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_page_names_all_that_is_never_passed()
    {
        var named = Regex.Matches(Between("Never passed", "Such a name"), @"[A-Z][A-Z_]{2,}\*?").Select(match => match.Value);

        Assert.Equal(VariableNames.Reserved.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_example_is_a_valid_configuration()
    {
        var page = string.Join('\n', Repository.Lines("docs/configuration.md"));
        var start = page.IndexOf("```json", StringComparison.Ordinal) + "```json".Length;
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, page[start..page.IndexOf("```", start, StringComparison.Ordinal)]);

            var options = OptionsReader.Read(file, new Dictionary<string, string>());

            Assert.Equal("true", options.Environment["USE_POSTGRES"]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Settings ReadAll()
    {
        using var nothing = JsonDocument.Parse("{}");
        var environment = new Dictionary<string, string>();
        var settings = new Settings(nothing.RootElement.Clone(), environment, []);
        _ = OptionsReader.Read(settings, environment);
        return settings;
    }

    private static string Between(string start, string end)
    {
        var page = string.Join('\n', Repository.Lines("docs/configuration.md"));
        var from = page.IndexOf(start, StringComparison.Ordinal);
        return page[from..page.IndexOf(end, from, StringComparison.Ordinal)];
    }
}
