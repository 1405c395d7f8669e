using Prism.Supervisor.Interop;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Secrets;

/// <summary>Owner, mode and place with real files: what a service refuses by name, and what a person is told.</summary>
public sealed class FileChecksTests : IDisposable
{
    private static readonly (string Identity, string Recipient) Key = SopsWriter.NewKey();

    private readonly SecretFolder folder = new();

    [Fact]
    public void A_key_that_everybody_can_read_is_refused_for_a_service_and_told_to_a_person()
    {
        var (file, key) = (Sops(), With(folder.Write("age.key", Key.Identity), "0644"));
        var line = $"SOPS_AGE_KEY_FILE {key}: every user of this host can read it (mode 0644); chmod o-r";

        Assert.Contains($"there is no usable age key: {line}", SecretFolder.Refusal(() => Read(file, KeyFile(key) with { Care = FileCare.ForService }, FileCare.ForService)), StringComparison.Ordinal);
        Assert.Contains(Read(file, KeyFile(key), FileCare.ForPerson).Warnings, warning => warning.EndsWith(line, StringComparison.Ordinal));
    }

    [Fact]
    public void A_refused_key_stops_no_other()
    {
        var key = With(folder.Write("age.key", Key.Identity), "0644");

        var reading = Read(Sops(), KeyFile(key) with { KeyText = Key.Identity, Care = FileCare.ForService }, FileCare.ForService);

        Assert.EndsWith("opened by the age key of SOPS_AGE_KEY", reading.Opened, StringComparison.Ordinal);
    }

    [Fact]
    public void A_descriptor_is_told_of_and_used()
    {
        using var descriptor = File.OpenHandle(With(folder.Write("age.key", Key.Identity), "0644"));

        var warnings = Read(Sops(), new(descriptor, null, null, null) { Care = FileCare.ForService }, FileCare.ForService).Warnings;

        Assert.Contains(warnings, warning => warning.EndsWith("descriptor age-key: every user of this host can read it (mode 0644); chmod o-r", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("0664", false)]
    [InlineData("0646", true)]
    [InlineData("0666", true)]
    public void An_encrypted_file_that_everybody_can_write_is_refused_for_a_service(string mode, bool isRefused)
    {
        var file = With(Sops(), mode);

        var refusal = Record.Exception(() => Read(file, new(null, null, null, Key.Identity), FileCare.ForService));

        Assert.Equal(isRefused, refusal?.Message.StartsWith($"{file}: every user of this host can write it (mode {mode}), and so steer the site; chmod o-w", StringComparison.Ordinal) == true);
        Assert.Equal(isRefused, Read(file, new(null, null, null, Key.Identity), FileCare.ForPerson).Warnings.Any(warning => warning.Contains("steer the site", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_clear_file_that_everybody_can_read_is_used_with_a_warning()
    {
        var file = With(folder.Write("clear.env", "A=1\n"), "0644");

        Assert.Equal([$"{file}: every user of this host can read it (mode 0644); chmod o-r"], Read(file, new(null, null, null, null), FileCare.ForService).Warnings);
    }

    /// <summary>The file is well, but anybody can put another in its place, or another link.</summary>
    [Theory]
    [InlineData("open/file.env", "open")]
    [InlineData("open/inner/file.env", "open")]
    [InlineData("closed/link.env", "open")]
    [InlineData("open/link.env", "open")]
    public void A_folder_that_everybody_can_write_spoils_what_is_in_it(string path, string named)
    {
        foreach (var name in new[] { "open", "open/inner", "closed", "well" })
        {
            _ = Directory.CreateDirectory(Path.Combine(folder.Root, name));
        }

        foreach (var file in new[] { "open/file.env", "open/inner/file.env", "well/file.env" })
        {
            _ = folder.Write(file, "A=1\n");
        }

        _ = File.CreateSymbolicLink(Path.Combine(folder.Root, "closed/link.env"), "../open/file.env");
        _ = File.CreateSymbolicLink(Path.Combine(folder.Root, "open/link.env"), "../well/file.env");
        With(Path.Combine(folder.Root, "open"), "0777");
        var given = Path.Combine(folder.Root, path);

        var refusal = SecretFolder.Refusal(() => Read(given, new(null, null, null, null), FileCare.ForService));

        Assert.Equal($"{given}: every user of this host can exchange it, since the folder {folder.Root}/{named} has mode 0777; chmod o-w {folder.Root}/{named}", refusal);
        With(Path.Combine(folder.Root, "open"), "1777");
        Assert.Empty(Read(given, new(null, null, null, null), FileCare.ForService).Warnings);
    }

    [Fact]
    public void What_is_looked_at_is_what_was_opened()
    {
        var path = With(folder.Write("file", "x"), "0640");
        var link = Path.Combine(folder.Root, "link");
        _ = File.CreateSymbolicLink(link, "file");
        using var handle = File.OpenHandle(link);
        File.Move(folder.Write("other", "y"), path, overwrite: true);

        var status = FileStatus.Of(handle);

        Assert.Equal((Convert.ToInt32("0640", 8), null), (status.Mode, status.Path));
        using var again = File.OpenHandle(link);
        Assert.Equal((Convert.ToInt32("0600", 8), path), (FileStatus.Of(again).Mode, FileStatus.Of(again).Path));
        Assert.Equal(UserAndGroups.Own().User, FileStatus.Of(again).Owner);
        Assert.Null(FileStatus.Of(Path.Combine(folder.Root, "none")));
    }

    [Theory]
    [InlineData("/etc/ssh/ssh_host_ed25519_key", "age1a", "is the host's own ssh key")]
    [InlineData("/persist/etc/ssh/ssh_host_rsa_key", "ssh-rsa A", "is the host's own ssh key")]
    [InlineData("/var/lib/sops-nix/key.txt", "age1a", "is the one that sops-nix opens all secrets of the host with")]
    [InlineData("/root/.config/sops/age/keys.txt", "age1a", "is the one that sops takes for all of a person's files")]
    [InlineData("/root/.ssh/id_ed25519", "ssh-ed25519 A", "is an ssh key, which opens logins too")]
    [InlineData(null, "age1a age1b", "is one of 2 keys in one place")]
    [InlineData("/etc/prism/age.key", "age1a", null)]
    [InlineData(null, "age1a", null)]
    public void A_key_that_opens_more_is_known_by_its_place_its_kind_and_its_company(string? path, string recipients, string? reason) =>
        Assert.Equal(reason, SharedKey.Reason(path, recipients.StartsWith("ssh-", StringComparison.Ordinal) ? [recipients] : recipients.Split(' ')));

    [Fact]
    public void A_shared_key_that_opened_the_file_is_warned_about_and_one_that_did_not_is_not()
    {
        var (host, own) = (folder.Write("ssh_host_ed25519_key", Key.Identity), folder.Write("age.key", SopsWriter.NewKey().Identity));
        using var descriptor = File.OpenHandle(host);
        using var other = File.OpenHandle(own);

        var shared = Read(Sops(), new(descriptor, null, null, null), FileCare.ForService).Warnings;
        var quiet = Read(Sops(), new(other, null, null, Key.Identity), FileCare.ForService).Warnings;

        Assert.Contains(shared, warning => warning.Contains("the key of descriptor age-key opens more than this file, for it is the host's own ssh key: make one for the site alone (age-keygen)", StringComparison.Ordinal));
        Assert.DoesNotContain(quiet, warning => warning.Contains("opens more", StringComparison.Ordinal));
    }

    public void Dispose() => folder.Dispose();

    private static IdentitySources KeyFile(string path) => new(null, null, path, null);

    private static SecretReading Read(string path, IdentitySources identities, FileCare care) =>
        new SecretSource(new SecretRequest(path, SecretFormat.Auto, SecretDialect.Systemd, [], [], SecretPolicy.AllowAll) { Care = care }, identities).Read();

    private static string With(string path, string mode)
    {
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(mode, 8));
        return path;
    }

    private string Sops() => folder.Write("sops.env", SopsWriter.Write(Key.Recipient, [KeyValuePair.Create("A", "x")]));
}
