using System.Text;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Configuration;

/// <summary>What --config may name: a regular file that holds one JSON object, and nothing that blocks, has no end or reads differently twice.</summary>
public sealed class ConfigurationFileTests : IDisposable
{
    private const int HangGuard = 300_000;

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_byte_order_mark_is_no_fault() =>
        Assert.Equal("127.0.0.1:1", OptionsReader.Read(Write([0xef, 0xbb, 0xbf, .. """{ "bind": "127.0.0.1:1" }"""u8]), TestOptions.NoEnvironment).Bind[0].ToString());

    [Fact]
    public void A_folder_is_called_one() =>
        Assert.Equal($"{folder.Path}: is a directory: name the file in it with --config", Refused(folder.Path));

    [Fact]
    public void An_empty_name_is_no_file() =>
        Assert.StartsWith("--config names no file", Refused(""), StringComparison.Ordinal);

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("/dev/null")]
    public void A_device_is_not_opened(string device) =>
        Assert.Equal($"{device}: is no regular file: name another with --config", Refused(device));

    [Fact(Timeout = HangGuard)]
    public async Task A_fifo_is_not_opened()
    {
        var fifo = await Fifo.MakeAsync(folder["fifo"]);

        var message = await Task.Run(() => Refused(fifo), TestContext.Current.CancellationToken).WaitAsync(TestContext.Current.CancellationToken);

        Assert.Contains("is no regular file", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\n  \"bind\": \"127.0.0.1:1\",\n  \"bind\": \"127.0.0.1:2\"\n}", "line 3: bind is there twice")]
    [InlineData("{ \"health\": { \"path\": \"/\" },\n\"steps\": {}, \"health\": {} }", "line 2: health is there twice")]
    [InlineData("{ \"health\": {\n\"path\": \"/\",\n\n\"path\": \"/\" } }", "line 4: health.path is there twice")]
    [InlineData("{ \"environment\": { \"A\": \"1\",\n\"\\u0041\": \"2\" } }", "line 2: environment.A is there twice")]
    public void A_member_that_is_there_twice_is_named_with_its_line(string text, string words) =>
        Assert.Contains(words, Refused(Write(Encoding.UTF8.GetBytes(text))), StringComparison.Ordinal);

    [Fact]
    public void The_same_name_in_two_places_is_no_fault() =>
        Assert.Contains("together must be", Refused(Write("""{ "steps": {}, "gunicorn": {}, "secrets": { "together": [{ "a": 1 }, { "a": 1 }] } }"""u8)), StringComparison.Ordinal);

    [Theory]
    [InlineData("{\n\"bind\": \"\\ud800\" }", "line 2: bind is no Unicode text")]
    [InlineData("{\n\"environment\": {\n \"A\": \"x\\udc00\" } }", "line 3: environment.A is no Unicode text")]
    [InlineData("{\n\"environment\": {\n \"\\ud800\": 1 } }", "line 3: environment.a name is no Unicode text")]
    public void Half_a_surrogate_pair_is_named_with_its_line(string text, string words) =>
        Assert.Contains(words, Refused(Write(Encoding.UTF8.GetBytes(text))), StringComparison.Ordinal);

    [Fact]
    public void Bytes_that_are_no_utf8_are_named_with_their_line()
    {
        Assert.Contains("line 2 is not UTF-8", Refused(Write([.. "{\n\"bind\": \""u8, 0xff, .. "\" }"u8])), StringComparison.Ordinal);
        Assert.Contains("line 3 is not UTF-8", Refused(Write([.. "{\n\n// "u8, 0xc3, .. "\n}"u8])), StringComparison.Ordinal);
    }

    /// <summary>A file of a mebibyte whose faults took a minute to name.</summary>
    [Theory(Timeout = 30_000)]
    [InlineData(400_000, 60_000)]
    [InlineData(1_000_000, 1)]
    [InlineData(1, 80_000)]
    public async Task However_much_is_wrong_it_is_told_soon(int length, int members)
    {
        var inner = "{" + string.Join(',', Enumerable.Range(0, members).Select(number => $"\"{number:x}\":0")) + "}";
        var file = Write(Encoding.UTF8.GetBytes(length == 1 ? inner : "{\"environment\":{\"" + new string('x', length) + "\":" + inner + "}}"));

        Assert.InRange((await Task.Run(() => Refused(file), TestContext.Current.CancellationToken).WaitAsync(TestContext.Current.CancellationToken)).Length, 100, 5000);
    }

    private string Write(ReadOnlySpan<byte> text)
    {
        File.WriteAllBytes(folder["prism.json"], text);
        return folder["prism.json"];
    }

    private static string Refused(string file)
    {
        var fault = Assert.Throws<StartupException>(() => OptionsReader.Read(file, TestOptions.NoEnvironment));
        Assert.Equal(ExitCode.Configuration, fault.Code);
        Assert.DoesNotContain(fault.Message, char.IsControl);
        return fault.Message;
    }
}
