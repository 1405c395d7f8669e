using Prism.Supervisor.Processes;
using Prism.Supervisor.Releases;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Releases;

public sealed class ReleaseIdentityTests : IDisposable
{
    private static readonly ProcessEnvironment Nothing = ProcessEnvironment.Empty.With("PATH", "/bin").With("DJANGO_SETTINGS_MODULE", "prism.settings");

    private readonly TempFolder folder = new();

    public ReleaseIdentityTests()
    {
        foreach (var name in new[] { "store/1-prism/bin", "store/2-prism/bin", "store/system/bin", "elsewhere" })
        {
            _ = Directory.CreateDirectory(folder[name]);
        }

        foreach (var name in new[] { "store/1-prism/bin/prism-migrate", "store/2-prism/bin/prism-migrate", "store/1-prism/bin/python3.13", "elsewhere/prism-migrate" })
        {
            _ = folder.Write(name, "");
        }
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_command_in_the_store_is_known_by_its_place()
    {
        Assert.Equal($"store {folder["store/1-prism/bin/prism-migrate"]}", Of("store/1-prism/bin/prism-migrate"));
        Assert.NotEqual(Of("store/1-prism/bin/prism-migrate"), Of("store/2-prism/bin/prism-migrate"));
        Assert.Null(Of("elsewhere/prism-migrate"));
    }

    [Fact]
    public void A_link_in_the_store_is_known_by_what_it_leads_to()
    {
        _ = File.CreateSymbolicLink(folder["store/system/bin/prism-migrate"], folder["store/1-prism/bin/prism-migrate"]);
        _ = File.CreateSymbolicLink(folder["store/system/bin/other"], folder["elsewhere/prism-migrate"]);
        _ = File.CreateSymbolicLink(folder["store/system/bin/migrate"], folder["store/1-prism/bin/python3.13"]);
        _ = File.CreateSymbolicLink(folder["store/system/bin/circle"], folder["store/system/bin/circle"]);

        Assert.Equal(Of("store/1-prism/bin/prism-migrate"), Of("store/system/bin/prism-migrate"));
        Assert.Null(Of("store/system/bin/other"));
        Assert.Null(Of("store/system/bin/migrate"));
        Assert.Null(Of("store/system/bin/circle"));
    }

    [Fact]
    public void A_link_to_the_store_may_be_switched_meanwhile_and_is_not_known()
    {
        _ = File.CreateSymbolicLink(folder["elsewhere/current"], folder["store/1-prism/bin/prism-migrate"]);

        Assert.Null(Of("elsewhere/current"));
    }

    [Fact]
    public void What_is_only_called_like_the_store_is_not_it() => Assert.Null(ReleaseIdentity.Of(null, ["x"], folder["store-of-mine/x"], Nothing, folder["store/"]));

    [Theory]
    [InlineData("python3.13")]
    [InlineData("python")]
    [InlineData("env")]
    [InlineData("bash")]
    [InlineData("sh")]
    [InlineData("node")]
    public void An_interpreter_in_the_store_runs_what_it_is_told(string name)
    {
        _ = folder.Write($"store/1-prism/bin/{name}", "");

        Assert.Null(Of($"store/1-prism/bin/{name}", "-m", "prism"));
    }

    [Theory]
    [InlineData("--noinput", true)]
    [InlineData("--settings=prism.settings", true)]
    [InlineData("{store}/2-prism/settings.py", true)]
    [InlineData("--config={store}/2-prism/settings.py", true)]
    [InlineData("/srv/prism/manage.py", false)]
    [InlineData("manage.py", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("code/here", false)]
    [InlineData("--pythonpath", false)]
    [InlineData("--pythonpath=code", false)]
    [InlineData("--config=/srv/prism", false)]
    [InlineData("{store}/../elsewhere", false)]
    public void An_argument_that_leads_out_of_the_store_makes_it_unknown(string argument, bool isKnown) =>
        Assert.Equal(isKnown, Of("store/1-prism/bin/prism-migrate", argument.Replace("{store}", folder["store"], StringComparison.Ordinal)) is not null);

    [Theory]
    [InlineData("PYTHONPATH")]
    [InlineData("PYTHONHOME")]
    [InlineData("LD_PRELOAD")]
    [InlineData("LD_LIBRARY_PATH")]
    [InlineData("BASH_ENV")]
    public void A_variable_that_brings_other_code_in_makes_it_unknown(string name) =>
        Assert.Null(ReleaseIdentity.Of(null, ["prism-migrate"], folder["store/1-prism/bin/prism-migrate"], Nothing.With(name, "/srv/prism"), folder["store/"]));

    [Fact]
    public void The_operators_word_stands_for_any_command_and_a_link_that_was_switched_is_another_release_all_the_same()
    {
        string? Named(string? id, string file) => ReleaseIdentity.Of(id, ["python3", "manage.py"], file, Nothing.With("PYTHONPATH", "/srv"));

        Assert.NotNull(Named("41", "/usr/bin/python3"));
        Assert.Equal(Named("41", "/usr/bin/python3"), Named("41", "/usr/bin/python3"));
        Assert.NotEqual(Named("41", "/usr/bin/python3"), Named("42", "/usr/bin/python3"));
        Assert.NotEqual(Named("41", "/srv/41/bin/python3"), Named("41", "/srv/42/bin/python3"));
    }

    private string? Of(string file, params string[] arguments) => ReleaseIdentity.Of(null, ["prism-migrate", .. arguments], folder[file], Nothing, folder["store/"]);
}
