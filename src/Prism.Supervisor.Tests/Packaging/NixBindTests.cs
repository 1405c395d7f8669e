using System.Text.Json;
using System.Text.Json.Nodes;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Packaging;

/// <summary>packaging/nix/addresses.nix beside the supervisor's own reader: the same binds, the same answers.</summary>
[Trait("ring", "process")]
public sealed class NixBindTests
{
    // Each a bind: a text, a list, or something else. None below 1024 and no path elsewhere, which is a question of the unit.
    private const string Binds = """
        [
          "127.0.0.1:8000", "0.0.0.0:8000", "[::1]:8000", "[::]:8000", "localhost:8000", "127.0.0.1:08000", "127.0.0.1:65535",
          "8000", ":8000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+8000", "127.0.0.1:8000/", "127.1:8000", "127.0.0.01:8000", "256.0.0.1:8000",
          "http://127.0.0.1:8000", "midship.local:8000", "Localhost:8000", "127.0.0.1:8000,127.0.0.1:8001", "fd://3", "::1:8000", "[127.0.0.1]:8000", "[localhost]:8000",
          "[fd00::1:2]:8000", "[FD00::1]:8000", "[1:2:3:4:5:6:7:8]:8000", "[1:2:3:4:5:6:7::]:8000", "[::2:3:4:5:6:7:8]:8000", "[1::2:3:4:5:6:7:8]:8000", "[1:2:3:4:5:6:7:8:9]:8000",
          "[1:2]:8000", "[:]:8000", "[]:8000", "[:::]:8000", "[::1::2]:8000", "[:1:2:3:4:5:6:7]:8000", "[1:2:3:4:5:6:7:]:8000", "[00001::]:8000", "[::g]:8000", "[::1/64]:8000", "[::1 ]:8000", "[::1]", "[::1]8000",
          "[::1.2.3.4]:8000", "[febf::1%lo]:8000", "[fec0::1]:8000", "[fe7f::1]:8000", "[feff::1]:8000", "[::fffe:1.2.3.4]:8000", "223.255.255.255:8000", "240.0.0.1:8000", "255.255.255.254:8000", "[1:2:3:4:5:6:1.2.3.4]:8000", "[1:2:3:4:5:6::1.2.3.4]:8000", "[1.2.3.4::]:8000", "[::1.2.3]:8000", "[::1.2.3.400]:8000", "[::01.2.3.4]:8000", "[::1.2.3.4:5]:8000",
          "[fe80::1%lo]:8000", "[fe80::1%1]:8000",
          "unix:/run/prism-django/x.sock", "unix:///run/prism-django/x.sock", "unix:////run//prism-django/./y/../x.sock", "unix://run/prism-django/x.sock", "unix:run/x.sock", "unix:", "unix:/", "unix:x", "unix:/run/prism-django/", "Unix:/run/prism-django/x.sock", "/run/prism-django/x.sock",
          ["unix:/run/prism-django/x y.sock"], ["unix:/run/prism-django/x\ty.sock"], ["unix:/run/prism-django/\u007f.sock"],
          "unix:/run/prism-django/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
          "unix:/run/prism-django/01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901",
          null, "", " ", [], 8000, true, {}, [8000], [["127.0.0.1:8000"]], [""], [" 127.0.0.1:8000"], ["127.0.0.1:8000 127.0.0.1:8001"],
          "127.0.0.1:8000 127.0.0.1:8001", "127.0.0.1:8000  unix:/run/prism-django/x.sock ", "127.0.0.1:8000 127.0.0.1:8000",
          ["127.0.0.1:8000", "[::1]:8000"], ["127.0.0.1:8000", "127.0.0.1:8000"], ["127.0.0.1:8000", "localhost:08000"], ["[::1]:8000", "[0:0:0:0::1]:8000"], ["[::1.2.3.4]:8000", "[::102:304]:8000"],
          ["[fd00::A]:8000", "[fd00::a]:8000"], ["[fd00::1]:8000", "[fd00::10]:8000"], ["[fe80::1%1]:8000", "[fe80::1%2]:8000"], ["unix:/run/prism-django/x", "unix:///run/prism-django//x"], ["unix:/run/prism-django/x", "unix:/run/prism-django/y"],
          ["0.0.0.0:8000", "127.0.0.1:8000"], ["0.0.0.0:8000", "127.0.0.1:8001"], ["127.0.0.1:8000", "0.0.0.0:8000"], ["[::]:8000", "[::1]:8000"], ["0.0.0.0:8000", "[::]:8000"], ["127.0.0.1:8000", "[::1]:8000", "127.0.0.1:8000"],
          ["127.0.0.1:1024", "127.0.0.1:1025", "127.0.0.1:1026", "127.0.0.1:1027", "127.0.0.1:1028", "127.0.0.1:1029", "127.0.0.1:1030", "127.0.0.1:1031", "127.0.0.1:1032", "127.0.0.1:1033", "127.0.0.1:1034", "127.0.0.1:1035", "127.0.0.1:1036", "127.0.0.1:1037", "127.0.0.1:1038", "127.0.0.1:1039"],
          ["127.0.0.1:1024", "127.0.0.1:1025", "127.0.0.1:1026", "127.0.0.1:1027", "127.0.0.1:1028", "127.0.0.1:1029", "127.0.0.1:1030", "127.0.0.1:1031", "127.0.0.1:1032", "127.0.0.1:1033", "127.0.0.1:1034", "127.0.0.1:1035", "127.0.0.1:1036", "127.0.0.1:1037", "127.0.0.1:1038", "127.0.0.1:1039", "127.0.0.1:1040"]
        ]
        """;

    // What the supervisor takes and nobody means, what no host can listen on, which it says when it tries, and two ways to one place of NixOS.
    private const string Oddities = """
        [
          "[[::1]]:8000", "[fe80::1%]:8000", ["[::1%a b]:8000"], "unix:/run/prism-django/.", "unix:/run/..",
          "[::ffff:127.0.0.1]:8000", "[fe80::1]:8000", "[febf::1]:8000", "255.255.255.255:8000", "224.0.0.1:8000", "239.255.255.255:8000", "[ff00::]:8000", "[ff02::1%lo]:8000",
          ["unix:/run/prism-django/x", "unix:/var/run/prism-django/x"]
        ]
        """;

    [Fact]
    public async Task Evaluation_takes_what_the_supervisor_takes()
    {
        var evaluated = await EvaluateAsync(Binds);
        var read = Read(Binds);

        Assert.Contains(true, read.Values);
        Assert.Contains(false, read.Values);
        Assert.Equal(read.Select(Line), evaluated.Select(Line));
    }

    [Fact]
    public async Task It_refuses_more_only_where_nobody_means_it()
    {
        Assert.All((await EvaluateAsync(Oddities)).Values, Assert.False);
        Assert.All(Read(Oddities).Values, Assert.True);
    }

    /// <summary>systemd would read localhost as a path and %lo as a specifier.</summary>
    [Theory]
    [InlineData("localhost:80", "127.0.0.1:80")]
    [InlineData("127.0.0.1:080", "127.0.0.1:80")]
    [InlineData("[::1]:80", "[::1]:80")]
    [InlineData("[fe80::1%lo]:80", "[fe80::1]:80%%lo")]
    [InlineData("unix:///run/./prism.sock", "/run/prism.sock")]
    public async Task A_socket_unit_gets_the_address_as_systemd_reads_it(string bind, string stream)
    {
        var service = await NixService.EvaluateAsync($"services.prism = {{ socket.enable = true; bind = \"{bind}\"; }};");

        Assert.Equal([$"ListenStream={stream}"], service.Units["prism-django.socket"].Split('\n').Where(line => line.StartsWith("ListenStream=", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Several_addresses_in_one_text_are_several_of_the_socket_unit()
    {
        var service = await NixService.EvaluateAsync("""services.prism = { socket.enable = true; bind = "127.0.0.1:80 127.0.0.1:81"; };""");

        Assert.Contains("\nListenStream=127.0.0.1:80\nListenStream=127.0.0.1:81\n", service.Units["prism-django.socket"], StringComparison.Ordinal);
    }

    private static string Line(KeyValuePair<string, bool> answer) => $"{(answer.Value ? "takes  " : "refuses")} {answer.Key}";

    private static Dictionary<string, bool> Read(string binds)
    {
        return JsonNode.Parse(binds)!.AsArray().ToDictionary(Text, bind => IsTaken(new JsonObject { ["bind"] = bind?.DeepClone() }.ToJsonString()));

        static bool IsTaken(string json)
        {
            using var document = JsonDocument.Parse(json);
            var faults = new List<string>();
            _ = BindReader.Addresses(new Settings(document.RootElement, new Dictionary<string, string>(), faults));
            return faults.Count == 0;
        }
    }

    private static async Task<Dictionary<string, bool>> EvaluateAsync(string binds)
    {
        using var folder = new TempFolder();
        var answer = await NixService.RunAsync("--eval", "--strict", "--json", "--expr", $$"""
            map (
              bind:
              (builtins.tryEval (
                import {{Repository.PathTo("packaging", "nix", "tests", "evaluate.nix")}} {
                  modules = [ { services.prism = { enable = true; hosts = [ "midship.local" ]; settings.bind = bind; }; } ];
                }
              )).success
            ) (builtins.fromJSON (builtins.readFile {{folder.Write("binds.json", binds)}}))
            """);
        Assert.True(answer.Code == 0, answer.Error);
        return JsonNode.Parse(binds)!.AsArray().Zip(JsonNode.Parse(answer.Text)!.AsArray(), (bind, taken) => (bind, taken)).ToDictionary(pair => Text(pair.bind), pair => pair.taken!.GetValue<bool>());
    }

    private static string Text(JsonNode? bind) => bind?.ToJsonString() ?? "null";
}
