using System.Text.Json;
using Prism.Supervisor.Configuration;

namespace Prism.Supervisor.Tests.Docs;

public sealed class ConfigurationPageTests
{
    [Fact]
    public void The_page_lists_every_setting_and_no_other()
    {
        using var nothing = JsonDocument.Parse("{}");
        var environment = new Dictionary<string, string>();
        var settings = new Settings(nothing.RootElement, environment, []);

        _ = OptionsReader.Read(settings, environment);
        var listed = Repository.Lines("docs/configuration.md")
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1]);

        Assert.Equal(settings.Known.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
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
}
