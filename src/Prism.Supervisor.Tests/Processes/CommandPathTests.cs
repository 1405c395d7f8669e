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
