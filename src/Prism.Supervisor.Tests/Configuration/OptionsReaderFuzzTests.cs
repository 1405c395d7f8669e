using System.Text;
using CsCheck;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Configuration;

/// <summary>Whatever the file holds: options, or one line that says why not.</summary>
public sealed class OptionsReaderFuzzTests : IDisposable
{
    private const string Valid = """
        {
          "bind": "127.0.0.1:8000", "stateDirectory": "/var/lib/p", "runtimeDirectory": "/run/p",
          "environment": { "A": "b", "N": 1 }, "passEnvironment": ["PATH", "LC_*"],
          "secrets": { "file": "/etc/p.env", "format": "env", "required": ["A"], "together": [["A", "B"]] },
          "steps": { "migrate": "m", "collectstatic": [], "stopTimeoutSeconds": 1 },
          "gunicorn": { "command": ["g", "x"], "gracefulTimeoutSeconds": 3 },
          "health": { "path": "/h", "host": "p.example", "headers": { "X-A": "b" }, "acceptedStatus": "200-299,404", "failureThreshold": 2 },
          "restart": { "limit": 3, "initialDelaySeconds": 0.5 }
        }
        """;

    private static readonly string[] Pieces =
        ["{", "}", "[", "]", "\"", ",", ":", "\\", "null", "true", "1e999", "-", "\\ud800", "\\u0000", "\\n", "\n", "\u0007", "\u001b[31m", "/*", "//", "ÿ€"];

    // What breaks parsers: brackets, quotes, escapes, controls, surrogates, bytes that are no UTF-8.
    private static readonly Gen<byte[]> Scraps = Gen.OneOf(
        Gen.Int[0, Pieces.Length - 1].Select(index => Encoding.UTF8.GetBytes(Pieces[index])),
        Gen.Byte.Array[1, 3]);

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Any_bytes_give_options_or_one_line() => Gen.Byte.Array[0, 60].Sample(Check, iter: 3000, threads: 1);

    [Fact]
    public void Any_soup_of_json_gives_options_or_one_line() =>
        Scraps.Array[0, 30].Sample(scraps => Check([.. scraps.SelectMany(scrap => scrap)]), iter: 3000, threads: 1);

    [Fact]
    public void Any_change_to_a_valid_file_gives_options_or_one_line()
    {
        var valid = Encoding.UTF8.GetBytes(Valid);
        var changes = Gen.Select(Gen.Int[0, valid.Length], Gen.Int[0, 4], Scraps).Array[1, 4];

        changes.Sample(all => Check(all.Aggregate(valid, Change)), iter: 6000, threads: 1);
    }

    private static byte[] Change(byte[] text, (int At, int Removed, byte[] Inserted) change)
    {
        var at = Math.Min(change.At, text.Length);
        return [.. text[..at], .. change.Inserted, .. text[Math.Min(at + change.Removed, text.Length)..]];
    }

    private void Check(byte[] text)
    {
        File.WriteAllBytes(folder["prism.json"], text);
        try
        {
            _ = OptionsReader.Read(folder["prism.json"], TestOptions.NoEnvironment);
        }
        catch (StartupException fault)
        {
            Assert.Equal(ExitCode.Configuration, fault.Code);
            Assert.DoesNotContain(fault.Message, char.IsControl);
            Assert.DoesNotContain("   at ", fault.Message, StringComparison.Ordinal);
        }
    }
}
