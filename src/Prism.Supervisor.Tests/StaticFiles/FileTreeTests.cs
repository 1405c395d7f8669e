using Prism.Supervisor.Interop;
using Prism.Supervisor.StaticFiles;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.StaticFiles;

/// <summary>Also with what a process of the same user could plant in a folder.</summary>
public sealed class FileTreeTests : IDisposable
{
    private readonly TempFolder temp = new();
    private readonly Folder from;
    private readonly Folder to;
    private readonly Folder parent;

    public FileTreeTests()
    {
        foreach (var name in (string[])["from", "to", "outside"])
        {
            _ = Directory.CreateDirectory(temp[name]);
        }

        _ = temp.WriteSecret("outside/secret", "secret");
        (from, to, parent) = (Folder.At(temp["from"])!, Folder.At(temp["to"])!, Folder.At(temp.Path)!);
    }

    public void Dispose()
    {
        from.Dispose();
        to.Dispose();
        parent.Dispose();
        temp.Dispose();
    }

    [Fact]
    public void What_a_planted_link_leads_to_is_neither_removed_nor_opened_nor_made_readable()
    {
        _ = File.CreateSymbolicLink(temp["from/folder"], temp["outside"]);
        _ = File.CreateSymbolicLink(temp["from/file"], temp["outside/secret"]);

        Assert.Equal(["file", "folder"], FileTree.MakeReadable(from).Keys.Order(StringComparer.Ordinal));
        Assert.True(FileTree.Remove(parent, "from"));

        Assert.False(Path.Exists(temp["from"]));
        Assert.Equal("secret", File.ReadAllText(temp["outside/secret"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(temp["outside/secret"]));
    }

    [Fact]
    public async Task A_folder_that_is_exchanged_for_a_link_just_then_is_not_opened()
    {
        from.Make("a", 0x1ed);
        from.MakeLink(temp["outside"], "b");
        var isDone = false;
        var exchanging = Task.Run(
            () =>
            {
                while (!Volatile.Read(ref isDone))
                {
                    _ = from.Exchange("a", from, "b");
                }
            },
            TestContext.Current.CancellationToken);

        var strayed = 0;
        for (var i = 0; i < 20_000; i++)
        {
            using var opened = from.Open("a");
            strayed += opened?.Find("secret") is null ? 0 : 1;
        }

        Volatile.Write(ref isDone, true);
        await exchanging;
        Assert.Equal(0, strayed);
    }

    [Fact]
    public void A_link_that_is_to_be_removed_as_a_folder_goes_alone()
    {
        _ = File.CreateSymbolicLink(temp["link"], temp["outside"]);

        Assert.True(FileTree.Remove(parent, "link"));

        Assert.True(File.Exists(temp["outside/secret"]));
    }

    [Fact]
    public void Nothing_is_lent_through_a_link_on_either_side()
    {
        _ = File.CreateSymbolicLink(temp["from/a"], temp["outside"]);
        _ = temp.Write(Path.Combine(Directory.CreateDirectory(temp["from/b"]).FullName, "x.css"), "x");
        _ = File.CreateSymbolicLink(temp["to/b"], temp["outside"]);

        _ = FileTree.Lend(from, new HashSet<string> { "a/secret", "b/x.css", "../outside/secret", "/etc/passwd" }, to);

        Assert.Equal(["secret"], Directory.EnumerateFileSystemEntries(temp["outside"]).Select(path => Path.GetFileName(path)));
        Assert.Equal(["b"], to.Names());
    }

    [Fact]
    public void What_is_there_is_not_replaced()
    {
        _ = temp.Write("from/a.css", "old");
        _ = temp.Write("to/a.css", "new");
        _ = temp.Write("from/x", "a file");
        _ = Directory.CreateDirectory(temp["to/x"]);

        Assert.Equal(0, FileTree.Lend(from, new HashSet<string> { "a.css", "x" }, to));

        Assert.Equal("new", File.ReadAllText(temp["to/a.css"]));
        Assert.True(Directory.Exists(temp["to/x"]));
    }

    [Fact]
    public void Names_may_hold_line_ends_and_bytes_that_are_no_text()
    {
        var odd = ByteText.Decode([(byte)'a', 0xff, (byte)'\n']);
        from.Make(odd, 0x1c0);
        using (var inner = from.Open(odd)!)
        {
            inner.MakeLink("nowhere", odd);
        }

        var paths = FileTree.MakeReadable(from);
        Assert.Equal([KeyValuePair.Create($"{odd}/{odd}", 7L)], paths);
        Assert.Equal(0x1e8, from.Find(odd)!.Value.Mode);

        new FileList(new HashSet<string>(), paths).Write(parent, "list");
        Assert.Equal(0, FileTree.Lend(from, FileList.Read(parent, "list")!.Own.ToHashSet(), to));

        Assert.Equal(paths, FileTree.Sizes(to));
        Assert.True(FileTree.Remove(parent, "from") && FileTree.Remove(parent, "to"));
    }

    [Fact]
    public void What_lies_on_another_file_system_is_copied_with_its_time()
    {
        var other = Path.Combine("/dev/shm", $"prism-{Guid.NewGuid():N}");
        Assert.SkipUnless(Folder.EntryAt("/dev/shm")?.Device is { } device && device != Folder.EntryAt(temp.Path)!.Value.Device, "/dev/shm is no other file system");
        try
        {
            _ = Directory.CreateDirectory(Path.Combine(other, "x"));
            File.WriteAllText(Path.Combine(other, "x/a.css"), "a");
            File.SetUnixFileMode(Path.Combine(other, "x/a.css"), UnixFileMode.UserRead | UnixFileMode.GroupRead);
            File.SetLastWriteTimeUtc(Path.Combine(other, "x/a.css"), DateTime.UnixEpoch.AddSeconds(1));
            _ = File.CreateSymbolicLink(Path.Combine(other, "x/link"), "a.css");
            using var elsewhere = Folder.At(other)!;

            Assert.Equal(0, FileTree.Lend(elsewhere, FileTree.Sizes(elsewhere).Keys.ToHashSet(), to));

            Assert.Equal(("a", DateTime.UnixEpoch.AddSeconds(1)), (File.ReadAllText(temp["to/x/a.css"]), File.GetLastWriteTimeUtc(temp["to/x/a.css"])));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupRead, File.GetUnixFileMode(temp["to/x/a.css"]));
            Assert.Equal("a.css", new FileInfo(temp["to/x/link"]).LinkTarget);
        }
        finally
        {
            Directory.Delete(other, recursive: true);
        }
    }

    [Fact]
    public void A_folder_that_its_owner_may_not_enter_is_removed_too()
    {
        _ = Directory.CreateDirectory(temp["from/x/y"]);
        _ = temp.Write("from/x/y/a", "a");
        File.SetUnixFileMode(temp["from/x"], UnixFileMode.None);

        Assert.True(FileTree.Remove(parent, "from"));
    }

    [Fact]
    public void What_is_nested_without_end_is_left_and_told()
    {
        _ = Directory.CreateDirectory(temp[$"from/{string.Join('/', Enumerable.Repeat("x", 200))}"]);

        Assert.False(FileTree.Remove(parent, "from"));
        Assert.Empty(FileTree.Sizes(from));
    }

    [Theory]
    [InlineData("a", "a", true)]
    [InlineData("a", "b", false)]
    [InlineData("a", null, false)]
    public void Two_folders_are_the_same_when_each_file_is(string one, string? other, bool areSame)
    {
        _ = temp.Write("from/a", one);
        if (other is not null)
        {
            _ = temp.Write("to/a", other);
        }

        Assert.Equal(areSame, FileTree.AreSame(from, to, ["a"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1\0\0a\0")]
    [InlineData("2\0a\0")]
    [InlineData("2\0\0a\0")]
    [InlineData("2\0\0-1 a\0")]
    [InlineData("2\0\0" + "1 a\0" + "1 a\0")]
    [InlineData("2\0\0" + "99999999999999999999 a\0")]
    public void A_list_that_is_none_of_ours_makes_nothing_complete(string text)
    {
        _ = temp.Write("list", text);

        Assert.Null(FileList.Read(parent, "list"));
    }

    [Fact]
    public void A_list_is_no_link_to_one()
    {
        _ = temp.Write("real", "2\0\0" + "1 a\0");
        _ = File.CreateSymbolicLink(temp["list"], "real");

        Assert.Null(FileList.Read(parent, "list"));
        Assert.NotNull(FileList.Read(parent, "real"));
    }
}
