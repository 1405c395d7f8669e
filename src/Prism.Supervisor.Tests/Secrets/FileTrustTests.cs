using System.Globalization;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Tests.Secrets;

/// <summary>The table of modes, owners and places, with a service that is user 900 of group 900 and reads for itself.</summary>
public sealed class FileTrustTests
{
    private const uint Prism = 900;
    private const uint Stranger = 1000;

    private static readonly FileTrust Service = new(new(Prism, [Prism]), null, allAreMapped: true);

    [Theory]
    // What hosts have: systemd's packages, sops-nix (/run/secrets.d/1/…), a credential with its ACL's mask, agenix.
    [InlineData(nameof(FileContent.Key), "0600", 0, 0, "")]
    [InlineData(nameof(FileContent.Key), "0400", Prism, Prism, "")]
    [InlineData(nameof(FileContent.Key), "0440", 0, 0, "")]
    [InlineData(nameof(FileContent.Key), "0640", 0, Prism, "")]
    [InlineData(nameof(FileContent.Clear), "0640", 0, Prism, "")]
    [InlineData(nameof(FileContent.Clear), "0400", Prism, 0, "")]
    [InlineData(nameof(FileContent.Clear), "0440", Prism, Prism, "")]
    [InlineData(nameof(FileContent.Clear), "0660", 0, 0, "")]
    [InlineData(nameof(FileContent.Encrypted), "0644", 0, 0, "")]
    [InlineData(nameof(FileContent.Encrypted), "0444", 0, 30000, "")]
    // Who can read it.
    [InlineData(nameof(FileContent.Key), "0644", 0, 0, "! every user of this host can read it (mode 0644); chmod o-r")]
    [InlineData(nameof(FileContent.Key), "0604", 0, 0, "! every user of this host can read it (mode 0604); chmod o-r")]
    [InlineData(nameof(FileContent.Clear), "0644", 0, 0, "? every user of this host can read it (mode 0644); chmod o-r")]
    [InlineData(nameof(FileContent.Key), "0640", 0, 33, "? group 33, which is not the service's, can read it (mode 0640); chmod g-r, or chgrp to the service's")]
    [InlineData(nameof(FileContent.Clear), "0440", 0, 33, "? group 33, which is not the service's, can read it (mode 0440); chmod g-r, or chgrp to the service's")]
    // Who can write it.
    [InlineData(nameof(FileContent.Key), "0602", 0, 0, "! every user of this host can write it (mode 0602), and so steer the site; chmod o-w")]
    [InlineData(nameof(FileContent.Clear), "0602", 0, 0, "! every user of this host can write it (mode 0602), and so steer the site; chmod o-w")]
    [InlineData(nameof(FileContent.Encrypted), "0646", 0, 0, "! every user of this host can write it (mode 0646), and so steer the site; chmod o-w")]
    [InlineData(nameof(FileContent.Encrypted), "0664", 0, 33, "! group 33 can write it (mode 0664), and so steer the site; chmod g-w")]
    [InlineData(nameof(FileContent.Encrypted), "0664", 0, Prism, "? the site's own group can write it (mode 0664), and so the site itself; chmod g-w")]
    [InlineData(nameof(FileContent.Encrypted), "0664", 0, UserAndGroups.Unknown, "! group 65534 can write it (mode 0664), and so steer the site; chmod g-w")]
    // Whose it is.
    [InlineData(nameof(FileContent.Key), "0600", Stranger, 0, "? belongs to user 1000, who can read and change it at will; chown root")]
    [InlineData(nameof(FileContent.Clear), "0600", Stranger, 0, "? belongs to user 1000, who can read and change it at will; chown root")]
    [InlineData(nameof(FileContent.Encrypted), "0644", Stranger, 0, "? belongs to user 1000, who can change it at will; chown root")]
    [InlineData(nameof(FileContent.Encrypted), "0644", UserAndGroups.Unknown, 0, "? belongs to user 65534, who can change it at will; chown root")]
    public void A_file_is_judged_by_owner_and_mode(string content, string mode, uint owner, uint group, string doubts) =>
        Assert.Equal(doubts, Told(Service.OfFile(Enum.Parse<FileContent>(content), File(mode, owner, group, "/etc/prism/file"))));

    [Theory]
    [InlineData(nameof(FileContent.Key), "! lies in the Nix store (/nix/store/abc-file), which everybody can read: keep it out of the configuration (sops-nix, agenix, a path in quotes), and change what it holds")]
    [InlineData(nameof(FileContent.Clear), "! lies in the Nix store (/nix/store/abc-file), which everybody can read: keep it out of the configuration (sops-nix, agenix, a path in quotes), and change what it holds")]
    [InlineData(nameof(FileContent.Encrypted), "")]
    public void The_store_is_a_place_for_what_is_encrypted_only(string content, string doubts) =>
        Assert.Equal(doubts, Told(Service.OfFile(Enum.Parse<FileContent>(content), File("0444", 0, 0, "/nix/store/abc-file"))));

    /// <summary>PrivateUsers=true maps root and the service's user and hides all others as 65534.</summary>
    [Fact]
    public void An_owner_whom_the_user_namespace_hides_is_passed_over()
    {
        var hidden = new FileTrust(new(Prism, [Prism]), null, allAreMapped: false);

        Assert.Empty(hidden.OfFile(FileContent.Clear, File("0640", UserAndGroups.Unknown, UserAndGroups.Unknown, null)));
        Assert.Empty(hidden.OfFolder(File("0755", UserAndGroups.Unknown, UserAndGroups.Unknown, "/folder")));
        Assert.NotEmpty(hidden.OfFile(FileContent.Clear, File("0640", Stranger, 0, null)));
    }

    [Fact]
    public void Root_who_reads_for_a_service_trusts_that_service_too()
    {
        var root = new UserAndGroups(0, [0]);
        var file = File("0640", Prism, Prism, null);

        Assert.Empty(new FileTrust(root, new(Prism, [Prism]), allAreMapped: true).OfFile(FileContent.Clear, file));
        Assert.Equal("? belongs to user 900, who can read and change it at will; chown root", Told(new FileTrust(root, null, allAreMapped: true).OfFile(FileContent.Clear, file)));
        Assert.StartsWith("? group 33, ", Told(new FileTrust(root, new(Prism, [Prism]), allAreMapped: true).OfFile(FileContent.Clear, File("0640", 0, 33, null))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0755", 0, 0, "")]
    [InlineData("1777", 0, 0, "")]
    [InlineData("1775", 0, 30000, "")]
    [InlineData("0700", Prism, Prism, "")]
    [InlineData("0770", 0, Prism, "")]
    [InlineData("0751", 0, 33, "")]
    [InlineData("0777", 0, 0, "! every user of this host can exchange it, since the folder /folder has mode 0777; chmod o-w /folder")]
    [InlineData("0775", 0, 33, "? group 33 can exchange it, since the folder /folder has mode 0775; chmod g-w /folder")]
    [InlineData("0755", Stranger, 0, "? user 1000 can exchange it, being the owner of the folder /folder; chown root /folder")]
    public void A_folder_is_judged_by_who_can_exchange_what_is_in_it(string mode, uint owner, uint group, string doubts) =>
        Assert.Equal(doubts, Told(Service.OfFolder(File(mode, owner, group, "/folder"))));

    private static FileStatus File(string mode, uint owner, uint group, string? path) => new(Convert.ToInt32(mode, 8), owner, group, path);

    private static string Told(IEnumerable<FileDoubt> doubts) => string.Join('\n', doubts.Select(doubt => string.Create(CultureInfo.InvariantCulture, $"{(doubt.IsGrave ? '!' : '?')} {doubt.Text}")));
}
