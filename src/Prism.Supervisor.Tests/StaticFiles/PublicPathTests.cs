using Prism.Supervisor.Interop;
using Prism.Supervisor.StaticFiles;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.StaticFiles;

/// <summary>What may lie where the web server looks, and what becomes of it.</summary>
public sealed class PublicPathTests : IDisposable
{
    private const string Release = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    private readonly TempFolder folder = new();
    private readonly StaticStore store;
    private readonly PublicPath path;

    public PublicPathTests()
    {
        store = StaticStore.Open(Public, folder.Path);
        store.Folder.Make(Release, 0x1ed);
        store.Record(StaticStore.Current, Release);
        path = new PublicPath(Public, [folder["state"]]);
    }

    private string Public => folder["public"];

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Where_nothing_lies_there_is_a_link_then()
    {
        Assert.Null(path.Switch(store, Release));

        Assert.Equal(("public.releases/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", Release), (new FileInfo(Public).LinkTarget, path.Release(store)));
    }

    [Theory]
    [InlineData("public.releases/dddddddddddddddddddddddddddddddd")]
    [InlineData("./public.releases//dddddddddddddddddddddddddddddddd")]
    public void A_link_of_ours_is_switched_also_when_it_dangles(string target)
    {
        _ = File.CreateSymbolicLink(Public, target);

        Assert.Null(path.Switch(store, Release));

        Assert.Equal("public.releases/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", new FileInfo(Public).LinkTarget);
    }

    [Fact]
    public void A_link_to_the_current_release_follows_by_itself()
    {
        _ = File.CreateSymbolicLink(Public, $"{store.Path}/current");

        Assert.Null(path.Switch(store, Release));

        Assert.Equal($"{store.Path}/current", new FileInfo(Public).LinkTarget);
    }

    [Fact]
    public void A_folder_is_exchanged_for_the_link_and_lies_in_the_store()
    {
        _ = Directory.CreateDirectory(Public);
        File.WriteAllText(folder["public/a.css"], "a");
        using var held = path.Found(store);

        var found = path.Switch(store, Release);

        Assert.NotNull(held);
        Assert.Equal("public.releases/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", new FileInfo(Public).LinkTarget);
        Assert.Equal("a", File.ReadAllText($"{store.Path}/{found}/a.css"));
    }

    [Theory]
    [InlineData("/etc", "it is a link of somebody else's (to /etc)")]
    [InlineData("nowhere", "it is a link of somebody else's (to nowhere)")]
    [InlineData("public.releases/../x", "it is a link of somebody else's (to public.releases/../x)")]
    [InlineData("public.releases/mine", "it is a link of somebody else's (to public.releases/mine)")]
    public void A_link_of_somebody_else_s_stays(string target, string reason)
    {
        _ = File.CreateSymbolicLink(Public, target);

        Stays(reason);

        Assert.Equal(target, new FileInfo(Public).LinkTarget);
    }

    [Fact]
    public void A_file_stays()
    {
        _ = folder.Write("public", "mine");

        Stays("it is no folder");

        Assert.Equal("mine", File.ReadAllText(Public));
    }

    [Fact]
    public void A_folder_with_more_than_static_files_stays()
    {
        _ = Directory.CreateDirectory(folder["public/media"]);

        var fault = Assert.Throws<StartupException>(() => new PublicPath(Public, [folder["state"], folder["public/media"]]).Switch(store, Release));

        Assert.Contains($"it holds {folder["public/media"]}, which is no static file; ", fault.Message, StringComparison.Ordinal);
        Assert.True(Directory.Exists(folder["public/media"]));
    }

    [Fact]
    public void A_folder_that_is_the_state_directory_stays_also_under_another_name()
    {
        _ = Directory.CreateDirectory(Public);
        _ = File.CreateSymbolicLink(folder["state"], Public);

        var fault = Assert.Throws<StartupException>(() => new PublicPath(Public, [folder["state"]]).Switch(store, Release));

        Assert.Contains($"it holds {folder["state"]}, which", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_with_what_is_no_file_stays()
    {
        _ = Directory.CreateDirectory(folder["public/x"]);
        _ = await Fifo.MakeAsync(folder["public/x/fifo"]);

        Stays("it holds what is no file of the service's user");
    }

    [Fact]
    public void A_folder_that_something_is_mounted_on_stays()
    {
        Assert.SkipUnless(Folder.EntryAt("/dev/shm") is { IsMountPoint: true }, "nothing is mounted on /dev/shm");

        var fault = Assert.Throws<StartupException>(() => new PublicPath("/dev/shm", []).Switch(store, Release));

        Assert.StartsWith("static.path: /dev/shm stays as it was: something is mounted there; ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_link_can_be_made_nothing_is_left_of_the_try()
    {
        var fault = Assert.Throws<StartupException>(() => new PublicPath("/proc/static", []).Switch(store, Release));

        Assert.StartsWith("static.path: /proc/static stays as it was: ", fault.Message, StringComparison.Ordinal);
        Assert.Equal([Release, "current"], store.Folder.Names().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_store_is_in_the_state_directory_where_it_cannot_be_beside()
    {
        using var other = StaticStore.Open("/proc/static", folder.Path);

        Assert.Equal(folder["static.releases"], other.Path);
    }

    private void Stays(string reason)
    {
        using var found = path.Found(store);
        var fault = Assert.Throws<StartupException>(() => path.Switch(store, Release));

        Assert.Null(found);
        Assert.Equal(
            $"static.path: {Public} stays as it was: {reason}; the static files of the release that serves are in {store.Path}/current: let the web server read them there, or make {Public} free",
            fault.Message);
    }
}
