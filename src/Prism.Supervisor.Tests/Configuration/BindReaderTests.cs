using Prism.Supervisor.Configuration;
using Prism.Supervisor.Control;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Configuration;

public sealed class BindReaderTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("\"127.0.0.1:1 [::1]:1\"")]
    [InlineData("[\"127.0.0.1:1\", \"[::1]:1\"]")]
    public void There_may_be_several_addresses(string json) =>
        Assert.Equal("127.0.0.1:1, [::1]:1", string.Join(", ", Read($$"""{ "bind": {{json}} }""").Bind));

    [Fact]
    public void A_path_in_a_list_may_hold_blanks() =>
        Assert.Equal("unix:/run/a b", Assert.Single(Read("""{ "bind": ["unix:/run/a b"] }""").Bind).ToString());

    [Theory]
    [InlineData("[]", "bind must name 1 to 16 addresses, not 0")]
    [InlineData("\"\"", "bind must name 1 to 16 addresses, not 0")]
    [InlineData("\"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\"", "bind must name 1 to 16 addresses, not 17")]
    [InlineData("[\"127.0.0.1:1\", \"8000\"]", "bind must be an address and port such as 127.0.0.1:8000 or [::1]:8000, or unix: and a path such as unix:/run/prism-django/prism.sock, not '8000'")]
    [InlineData("\"unix:prism.sock\"", "bind must have the absolute path of a file after unix:, not 'unix:prism.sock'")]
    [InlineData("\"127.0.0.1:1 localhost:1\"", "bind names 127.0.0.1:1 twice")]
    [InlineData("\"127.0.0.1:1 0.0.0.0:1\"", "bind names 127.0.0.1:1 and 0.0.0.0:1, of which one holds the other: leave one out")]
    public void What_cannot_be_listened_on_is_refused(string json, string words) =>
        Assert.Contains(words, Refused($$"""{ "bind": {{json}} }"""), StringComparison.Ordinal);

    [Theory]
    [InlineData("/run/prism-django", "control")]
    [InlineData("/run/prism-django", "notify.1.2")]
    [InlineData("/run/./prism-django/", "probe.1.2")]
    public void A_name_that_the_supervisor_uses_itself_is_refused(string runtimeDirectory, string name) =>
        Assert.Equal(
            $"{folder["prism.json"]}: bind names unix:/run/prism-django/{name}, a name that the supervisor uses itself in runtimeDirectory: take another one",
            Refused($$"""{ "bind": ["127.0.0.1:1", "unix:/run/prism-django/{{name}}"], "runtimeDirectory": "{{runtimeDirectory}}" }"""));

    /// <summary>They are that file's, and those of GenerationLauncher and ProbeSocket.</summary>
    [Fact]
    public void The_control_socket_is_one_of_them() =>
        Assert.Contains("uses itself", Refused($$"""{ "bind": "unix:/run/prism-django/{{ControlWords.FileName}}" }"""), StringComparison.Ordinal);

    [Theory]
    [InlineData("/run/prism-django/control.sock")]
    [InlineData("/run/prism-django/notify")]
    [InlineData("/run/prism-django/sub/control")]
    [InlineData("/run/control")]
    public void No_other_name_is(string path) => Assert.Equal($"unix:{path}", Assert.Single(Read($$"""{ "bind": "unix:{{path}}" }""").Bind).ToString());

    [Theory]
    [InlineData("0666", 438)]
    [InlineData("600", 384)]
    public void The_mode_of_a_path_is_octal(string text, int mode) => Assert.Equal(mode, (int)Read($$"""{ "bindMode": "{{text}}" }""").BindMode);

    [Theory]
    [InlineData("rw-rw----")]
    [InlineData("0680")]
    [InlineData("1660")]
    [InlineData("")]
    public void No_other_mode_is_taken(string text) =>
        Assert.Contains($"bindMode must be a mode in octal, such as 0660, not '{text}'", Refused($$"""{ "bindMode": "{{text}}" }"""), StringComparison.Ordinal);

    private SupervisorOptions Read(string json) => OptionsReader.Read(folder.Write("prism.json", json), TestOptions.NoEnvironment);

    private string Refused(string json) => Assert.Throws<StartupException>(() => Read(json)).Message;
}
