using Prism.Supervisor.Processes;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Processes;

public sealed class CommandPathTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_name_is_looked_up_on_the_path_in_order()
    {
        _ = Directory.CreateDirectory(folder["first"]);
        _ = Directory.CreateDirectory(folder["second"]);
        _ = folder.Write("first/prism-migrate", "may not be executed");
        _ = folder.WriteScript("second/prism-migrate", "#!/bin/sh");

        Assert.Equal(folder["second/prism-migrate"], CommandPath.Resolve("prism-migrate", $"/nowhere::relative:{folder["first"]}:{folder["second"]}", "steps.migrate"));
    }

    [Fact]
    public void A_path_is_taken_as_it_is()
    {
        var file = folder.WriteScript("prism-migrate", "#!/bin/sh");

        Assert.Equal(file, CommandPath.Resolve(file, null, "steps.migrate"));
    }

    [Fact]
    public void A_link_counts_as_what_it_leads_to()
    {
        _ = folder.WriteScript("real", "#!/bin/sh");
        _ = File.CreateSymbolicLink(folder["link"], folder["real"]);

        Assert.Equal(folder["link"], CommandPath.Resolve("link", folder.Path, "steps.migrate"));
    }

    /// <summary>The release is one, then two; `current` leads to it.</summary>
    [Theory]
    [InlineData("current/bin/python", "one/bin/python")]
    [InlineData("site/bin/python", "one/bin/python")]
    [InlineData("current/../current/./bin//python", "one/bin/python")]
    [InlineData("current/lib/../bin/python", "one/bin/python")]
    [InlineData("one/bin/python", "one/bin/python")]
    public void Folders_are_pinned_to_what_they_are_now(string path, string pinned)
    {
        MakeReleases();

        var found = CommandPath.Pin(folder[path]);

        Assert.Equal(folder[pinned], found);
        File.Delete(folder["current"]);
        _ = File.CreateSymbolicLink(folder["current"], "two");
        Assert.Equal("one", File.ReadAllText(found));
        Assert.Equal(folder["two/bin/python"], CommandPath.Pin(folder["current/bin/python"]));
    }

    [Fact]
    public void A_command_that_is_a_link_keeps_its_name()
    {
        MakeReleases();
        _ = File.CreateSymbolicLink(folder["one/bin/python3"], folder["two/bin/python"]);

        Assert.Equal(folder["one/bin/python3"], CommandPath.Pin(folder["current/bin/python3"]));
    }

    [Fact]
    public void A_link_out_of_a_linked_folder_is_followed_from_where_it_stands()
    {
        MakeReleases();
        _ = File.CreateSymbolicLink(folder["one/venv"], "../two/bin");

        Assert.Equal(folder["two/bin/python"], CommandPath.Pin(folder["current/venv/python"]));
    }

    [Theory]
    [InlineData("prism-gunicorn")]
    [InlineData("bin/prism-gunicorn")]
    [InlineData("/prism-gunicorn")]
    [InlineData("/nowhere/bin/prism-gunicorn")]
    [InlineData("/usr/")]
    [InlineData("")]
    public void Where_there_is_nothing_to_pin_the_path_stays(string path) => Assert.Equal(path, CommandPath.Pin(path));

    [Fact]
    public void Links_in_a_circle_are_left_to_whoever_starts_the_command()
    {
        _ = File.CreateSymbolicLink(folder["a"], "b");
        _ = File.CreateSymbolicLink(folder["b"], "a");

        Assert.Equal(folder["a/bin/python"], CommandPath.Pin(folder["a/bin/python"]));
    }

    private void MakeReleases()
    {
        foreach (var release in new[] { "one", "two" })
        {
            _ = Directory.CreateDirectory(folder[$"{release}/bin"]);
            _ = Directory.CreateDirectory(folder[$"{release}/lib"]);
            _ = folder.Write($"{release}/bin/python", release);
        }

        _ = File.CreateSymbolicLink(folder["current"], "one");
        _ = File.CreateSymbolicLink(folder["site"], folder["current"]);
    }

    [Theory]
    [InlineData("prism-migrate", "/nowhere", "prism-migrate is not on PATH (/nowhere): put its folder there, or give the whole path as steps.migrate")]
    [InlineData("prism-migrate", "", "prism-migrate is not on PATH (which is empty): put its folder there, or give the whole path as steps.migrate")]
    [InlineData("prism-migrate", null, "prism-migrate is not on PATH (which is empty): put its folder there, or give the whole path as steps.migrate")]
    [InlineData("/nowhere/prism-migrate", "/bin", "/nowhere/prism-migrate is no executable file: correct steps.migrate in the configuration")]
    [InlineData("/bin", "/bin", "/bin is no executable file: correct steps.migrate in the configuration")]
    public void What_cannot_be_found_is_named_with_its_setting(string command, string? path, string words)
    {
        var fault = Assert.Throws<StartupException>(() => CommandPath.Resolve(command, path, "steps.migrate"));

        Assert.Equal(ExitCode.Configuration, fault.Code);
        Assert.Equal(words, fault.Message);
    }
}
