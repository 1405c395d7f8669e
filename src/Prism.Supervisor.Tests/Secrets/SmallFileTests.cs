using Prism.Supervisor.Secrets;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Secrets;

public sealed class SmallFileTests : IDisposable
{
    private const int HangGuard = 300_000;

    private readonly SecretFolder folder = new();

    [Fact]
    public void A_file_is_read_up_to_its_limit_and_not_beyond()
    {
        var largest = folder.Write("largest", new byte[SmallFile.Limit]);
        var larger = folder.Write("larger", new byte[SmallFile.Limit + 1]);

        Assert.Equal(SmallFile.Limit, SmallFile.Read(largest, "file").Bytes.Length);
        Assert.Contains("larger than 1 MiB", SecretFolder.Refusal(() => SmallFile.Read(larger, "file")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16 * 1024)]
    [InlineData((16 * 1024) + 1)]
    [InlineData(SmallFile.Limit)]
    public void A_file_is_read_whole_whatever_its_length(int length)
    {
        var content = Enumerable.Range(0, length).Select(i => (byte)(i % 251)).ToArray();

        Assert.Equal(content, SmallFile.Read(folder.Write("file", content), "file").Bytes);
    }

    /// <summary>Zeroing a mebibyte for each file was a fifth of a cold reading.</summary>
    [Fact]
    public void A_small_file_takes_little_memory()
    {
        var path = folder.Write("file", "x");
        _ = SmallFile.Read(path, "file");
        var before = GC.GetAllocatedBytesForCurrentThread();

        _ = SmallFile.Read(path, "file");

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 64 * 1024);
    }

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("/dev/null")]
    public void A_device_is_not_opened(string device) =>
        Assert.StartsWith("file is no regular file", SecretFolder.Refusal(() => SmallFile.Read(device, "file")), StringComparison.Ordinal);

    /// <summary>Whoever opens it waits for a writer, and a stop waits with him.</summary>
    [Fact(Timeout = HangGuard)]
    public async Task A_fifo_is_not_opened()
    {
        var fifo = await Fifo.MakeAsync(Path.Combine(folder.Root, "fifo"));

        var refusal = await Task.Run(() => SecretFolder.Refusal(() => SmallFile.Read(fifo, "file")), TestContext.Current.CancellationToken)
            .WaitAsync(TestContext.Current.CancellationToken);

        Assert.StartsWith("file is no regular file", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_there_and_what_is_a_folder_is_told_apart()
    {
        Assert.Equal("file does not exist", SecretFolder.Refusal(() => SmallFile.Read(Path.Combine(folder.Root, "none"), "file")));
        Assert.Equal("file does not exist", SecretFolder.Refusal(() => SmallFile.Read(Path.Combine(folder.Root, "none", "at-all"), "file")));
        Assert.StartsWith("file is a folder", SecretFolder.Refusal(() => SmallFile.Read(folder.Root, "file")), StringComparison.Ordinal);
        Assert.Contains("empty", SecretFolder.Refusal(() => SmallFile.Read("", "file")), StringComparison.Ordinal);
        Assert.Contains("NUL", SecretFolder.Refusal(() => SmallFile.Read("a\0b", "file")), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_wrong_with_a_path_is_told_in_words()
    {
        var loop = Path.Combine(folder.Root, "loop");
        File.CreateSymbolicLink(loop, loop);

        Assert.Equal("file cannot be read: Too many levels of symbolic links; read it by hand (cat) to see what is wrong with it", SecretFolder.Refusal(() => SmallFile.Read(loop, "file")));
        Assert.Equal("file cannot be read: its path is too long; give a shorter one", SecretFolder.Refusal(() => SmallFile.Read(new string('x', 300), "file")));
        Assert.Equal("file: its path is not UTF-8, and .NET opens no such file; rename it, or give a symbolic link to it", SecretFolder.Refusal(() => SmallFile.Read("/a\udcff", "file")));
    }

    /// <summary>As root nothing is forbidden, so the case is made by hand.</summary>
    [Fact]
    public void What_may_not_be_read_has_its_own_exit_code()
    {
        Assert.Equal(ExitCode.NoPermission, SmallFile.Refuse("file", new UnauthorizedAccessException(), isFolder: false).Code);
        Assert.Equal(ExitCode.SecretsRefused, SmallFile.Refuse("file", new FileNotFoundException(), isFolder: false).Code);
    }

    [Fact]
    public void A_key_that_may_not_be_read_ends_in_that_exit_code()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "as root nothing is forbidden");
        var key = folder.Write("key", "AGE-SECRET-KEY-1");
        File.SetUnixFileMode(key, UnixFileMode.None);
        var path = SopsCase.Named("001-prism-basic").FilePath;

        var refusal = Assert.Throws<StartupException>(() => SecretFolder.Read(path, new(null, null, key, null)));

        Assert.Equal(ExitCode.NoPermission, refusal.Code);
        Assert.Contains($"SOPS_AGE_KEY_FILE {key} may not be read by this user", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_closed_descriptor_is_refused()
    {
        var handle = File.OpenHandle(folder.Write("file", "x"));
        handle.Dispose();

        Assert.Equal("file is closed", SecretFolder.Refusal(() => SmallFile.Read(handle, "file")));
    }

    [Theory]
    [InlineData(new byte[] { 0 }, "line 1 holds a NUL")]
    [InlineData(new byte[] { 65, 61, 10, 66, 0 }, "line 2 holds a NUL")]
    public void Text_that_no_environment_can_hold_is_refused_with_its_line(byte[] bytes, string fault) =>
        Assert.Contains(fault, SecretFolder.Refusal(() => SmallFile.Text(bytes, "file")), StringComparison.Ordinal);

    public void Dispose() => folder.Dispose();
}
