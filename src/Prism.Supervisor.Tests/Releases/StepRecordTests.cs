using System.Text;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Releases;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Releases;

public sealed class StepRecordTests : IDisposable
{
    private static readonly StepSuccess Success = new(new string('a', 64), new string('b', 64), new DateTimeOffset(2026, 11, 23, 1, 2, 3, TimeSpan.Zero));

    private readonly TempFolder folder = new();
    private readonly RecordingLogger<StepRecord> log = new();
    private readonly StepRecord record;

    public StepRecordTests() => record = new StepRecord(folder.Path, "migrate", log);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_was_kept_is_read()
    {
        Assert.Null(record.Read());

        record.Keep(Success);
        Assert.Equal(Success, record.Read());

        record.Keep(Success with { At = Success.At.AddDays(1) });
        Assert.Equal(Success with { At = Success.At.AddDays(1) }, record.Read());
    }

    [Fact]
    public void It_is_one_file_for_its_owner_alone()
    {
        record.Keep(Success);

        Assert.Equal([record.File], Directory.GetFileSystemEntries(folder.Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(record.File));
    }

    [Fact]
    public void What_a_killed_writer_left_behind_is_no_hindrance_and_no_way_out_of_the_folder()
    {
        var victim = folder.Write("victim", "untouched");
        _ = File.CreateSymbolicLink($"{record.File}.new", victim);

        record.Keep(Success);

        Assert.Equal(Success, record.Read());
        Assert.Equal("untouched", File.ReadAllText(victim));
    }

    [Fact]
    public void What_is_forgotten_is_gone_with_all_that_was_half_written()
    {
        record.Keep(Success);
        _ = folder.Write(".prism-migrate.new", "{");

        record.Forget();
        record.Forget();

        Assert.Null(record.Read());
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_record_of_another_step_is_none()
    {
        new StepRecord(folder.Path, "collectstatic", log).Keep(Success);
        File.Move(folder[".prism-collectstatic"], record.File);

        AssertNone();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("\0\0\0")]
    public void What_is_no_record_is_none(string text)
    {
        _ = folder.WriteSecret(".prism-migrate", text);

        AssertNone();
    }

    [Theory]
    [InlineData("\"version\":1", "\"version\":2")]
    [InlineData("\"version\":1", "\"version\":\"1\"")]
    [InlineData("\"version\":1", "\"version\":1e99")]
    [InlineData("aaaa\"", "aaa\"")]
    [InlineData("aaaa\"", "aaaA\"")]
    [InlineData("\"fingerprint\":\"", "\"fingerprint\":7,\"other\":\"")]
    [InlineData("bbbb\"", "\"")]
    [InlineData("\"database\":", "\"base\":")]
    [InlineData("2026-11-23", "2026-13-23")]
    [InlineData("migrate", "immigrate")]
    public void A_record_that_is_not_as_we_write_it_is_none(string part, string instead)
    {
        record.Keep(Success);
        var text = File.ReadAllText(record.File);
        Assert.Contains(part, text, StringComparison.Ordinal);
        File.WriteAllText(record.File, text.Replace(part, instead, StringComparison.Ordinal));

        AssertNone();
    }

    [Fact]
    public void A_torn_record_is_none_wherever_it_was_torn()
    {
        record.Keep(Success);
        var whole = File.ReadAllBytes(record.File);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(record.File, whole[..length]);

            Assert.Null(record.Read());
        }
    }

    [Fact]
    public void What_is_too_big_too_deep_or_no_file_is_none()
    {
        _ = folder.WriteSecret(".prism-migrate", new string('{', 2 << 20));
        AssertNone();

        File.WriteAllText(record.File, new string('[', 100_000));
        AssertNone();

        File.Delete(record.File);
        _ = Directory.CreateDirectory(record.File);
        AssertNone();
    }

    [Fact]
    public async Task A_pipe_in_its_place_blocks_nobody()
    {
        _ = await Fifo.MakeAsync(record.File);

        AssertNone();
    }

    [Fact]
    public async Task What_belongs_to_another_is_none()
    {
        record.Keep(Success);
        var (exit, _) = await Children.RunAsync(Programs.Spec(Programs.Shell, "-c", "exec chown 65534 \"$0\"", record.File));
        Assert.SkipUnless(exit.Succeeded, "only root may give files away");

        AssertNone();
    }

    [Fact]
    public void What_others_could_have_written_is_none()
    {
        record.Keep(Success);
        File.SetUnixFileMode(record.File, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        AssertNone();
    }

    [Fact]
    public void What_cannot_be_kept_or_removed_is_said()
    {
        _ = Directory.CreateDirectory(record.File);

        record.Keep(Success);
        record.Forget();

        Assert.Equal([LogLevel.Warning, LogLevel.Warning], log.Entries.Select(entry => entry.Level));
        Assert.Contains($"{record.File} cannot be removed, and may be believed later", log.Entries[1].Text, StringComparison.Ordinal);
    }

    private void AssertNone()
    {
        Assert.Null(record.Read());
        Assert.All(log.Entries, entry => Assert.Equal(LogLevel.Debug, entry.Level));
        Assert.DoesNotContain(log.Entries, entry => Encoding.UTF8.GetByteCount(entry.Text) > 1000);
    }
}
