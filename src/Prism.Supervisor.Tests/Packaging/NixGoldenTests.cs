using System.Text.Encodings.Web;
using System.Text.Json;
using Prism.Supervisor.Configuration;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>
/// All that the module makes of packaging/nix/tests/everything.nix: units, commands, files under /etc, users, packages, compared with
/// packaging/nix/tests/golden/everything. PRISM_ACCEPT=1 writes the files anew.
/// </summary>
[Trait("ring", "process")]
public sealed class NixGoldenTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string Golden = Repository.PathTo("packaging", "nix", "tests", "golden", "everything");

    [Fact]
    public async Task With_everything_on_a_host_gets_what_was_agreed_on()
    {
        var made = await MakeAsync();
        if (Environment.GetEnvironmentVariable("PRISM_ACCEPT") == "1")
        {
            Accept(made);
        }

        var agreed = Directory.GetFiles(Golden).ToDictionary(file => Path.GetFileName(file), File.ReadAllText);

        Assert.Equal(agreed.Keys.Order(StringComparer.Ordinal), made.Keys.Order(StringComparer.Ordinal));
        Assert.All(made, file => Assert.Equal(agreed[file.Key], file.Value));
    }

    [Fact]
    public void The_supervisor_takes_its_configuration()
    {
        var options = OptionsReader.Read(Path.Combine(Golden, "supervisor.json"), new Dictionary<string, string>());

        Assert.Equal(3, options.Bind.Count);
        Assert.Equal("midship.local,.example.org,[fd00::5]", options.Environment["ALLOWED_HOSTS"]);
    }

    private static async Task<Dictionary<string, string>> MakeAsync()
    {
        var answer = await NixService.RunAsync("--eval", "--strict", "--json", "--expr", $$"""
            let host = import {{Repository.PathTo("packaging", "nix", "tests", "evaluate.nix")}} { modules = [ {{Repository.PathTo("packaging", "nix", "tests", "everything.nix")}} ]; };
            in { inherit (host) units commands etc; host = host.host // { inherit (host) users groups; }; }
            """);
        Assert.True(answer.Code == 0, answer.Error);
        var made = JsonElement.Parse(answer.Text);
        var files = new Dictionary<string, string> { ["host.json"] = JsonSerializer.Serialize(made.GetProperty("host"), Indented) + "\n" };
        foreach (var member in new[] { "units", "commands" }.SelectMany(name => made.GetProperty(name).EnumerateObject()).Where(member => member.Value.GetString() is not ""))
        {
            files[member.Name] = member.Value.GetString()!;
        }

        foreach (var file in made.GetProperty("etc").EnumerateObject())
        {
            files[Path.GetFileName(file.Name)] = JsonSerializer.Serialize(JsonElement.Parse(file.Value.GetString()!), Indented) + "\n";
        }

        return files;
    }

    private static void Accept(Dictionary<string, string> files)
    {
        if (Directory.Exists(Golden))
        {
            Directory.Delete(Golden, recursive: true);
        }

        _ = Directory.CreateDirectory(Golden);
        foreach (var (name, text) in files)
        {
            File.WriteAllText(Path.Combine(Golden, name), text);
        }
    }
}
