using System.Globalization;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Secrets;

/// <summary>What a file holds, which decides who may read it.</summary>
internal enum FileContent
{
    /// <summary>Nobody else may read it.</summary>
    Key,

    /// <summary>Secrets in clear: nobody else should read them.</summary>
    Clear,

    /// <summary>Everybody may read it; but age does not say who wrote it, so who can write it steers the site.</summary>
    Encrypted,
}

/// <summary>What is wrong with a file and how it is mended; a grave one is a reason not to use it.</summary>
internal readonly record struct FileDoubt(bool IsGrave, string Text);

/// <summary>
/// Whom a file may belong to and be written by: root, who reads it, and whom it is read for. Pure: owners, modes and places
/// in, doubts out. An owner whom the user namespace hides (PrivateUsers=) cannot be told from root's friends, and is passed over.
/// </summary>
/// <param name="allAreMapped">Whether this process sees every owner as it is.</param>
internal sealed class FileTrust(UserAndGroups own, UserAndGroups? service, bool allAreMapped)
{
    private const int GroupReads = 0x20;
    private const int GroupWrites = 0x10;
    private const int OthersRead = 0x4;
    private const int OthersWrite = 0x2;
    private const int Sticky = 0x200;

    // Everybody can read it, and a copy stays there until the garbage collector comes.
    private const string Store = "/nix/store/";

    public IEnumerable<FileDoubt> OfFile(FileContent content, FileStatus file)
    {
        var mode = Mode(file);
        var isSecret = content != FileContent.Encrypted;
        if (isSecret && file.Path?.StartsWith(Store, StringComparison.Ordinal) == true)
        {
            yield return new(true, $"lies in the Nix store ({Quoted.Path(file.Path)}), which everybody can read: keep it out of the configuration (sops-nix, agenix, a path in quotes), and change what it holds");
        }
        else if (isSecret && Has(file, OthersRead))
        {
            yield return new(content == FileContent.Key, $"every user of this host can read it (mode {mode}); chmod o-r");
        }

        if (Has(file, OthersWrite))
        {
            yield return new(true, $"every user of this host can write it (mode {mode}), and so steer the site; chmod o-w");
        }

        if (Has(file, GroupWrites) && file.Group != 0)
        {
            var isOurs = IsOurs(file.Group);
            yield return new(!isOurs, isOurs
                ? $"the site's own group can write it (mode {mode}), and so the site itself; chmod g-w"
                : $"group {Number(file.Group)} can write it (mode {mode}), and so steer the site; chmod g-w");
        }

        // Root reads for a service; whose group that is, only the service knows.
        if (isSecret && Has(file, GroupReads) && IsForeign(file.Group, IsOurs) && !(own.User == 0 && service is null))
        {
            yield return new(false, $"group {Number(file.Group)}, which is not the service's, can read it (mode {mode}); chmod g-r, or chgrp to the service's");
        }

        if (IsForeign(file.Owner, IsTrusted))
        {
            yield return new(false, $"belongs to user {Number(file.Owner)}, who can {(isSecret ? "read and " : "")}change it at will; chown root");
        }
    }

    /// <summary>Of a folder on the way to it: whoever can write there can exchange what is in it, unless the sticky bit forbids it (unlink(2)).</summary>
    public IEnumerable<FileDoubt> OfFolder(FileStatus folder)
    {
        var name = Quoted.Path(folder.Path ?? "");
        var isFree = !Has(folder, Sticky);
        if (isFree && Has(folder, OthersWrite))
        {
            yield return new(true, $"every user of this host can exchange it, since the folder {name} has mode {Mode(folder)}; chmod o-w {name}");
        }
        else if (isFree && Has(folder, GroupWrites) && IsForeign(folder.Group, IsOurs) && own.User != 0)
        {
            yield return new(false, $"group {Number(folder.Group)} can exchange it, since the folder {name} has mode {Mode(folder)}; chmod g-w {name}");
        }

        if (IsForeign(folder.Owner, IsTrusted))
        {
            yield return new(false, $"user {Number(folder.Owner)} can exchange it, being the owner of the folder {name}; chown root {name}");
        }
    }

    private static bool Has(FileStatus file, int bits) => (file.Mode & bits) != 0;

    private static string Mode(FileStatus file) => Convert.ToString(file.Mode, 8).PadLeft(4, '0');

    private static string Number(uint id) => id.ToString(CultureInfo.InvariantCulture);

    private bool IsTrusted(uint user) => user == 0 || user == own.User || user == service?.User;

    private bool IsOurs(uint group) => group == 0 || own.Groups.Contains(group) || service?.Groups.Contains(group) == true;

    private bool IsForeign(uint id, Func<uint, bool> isKnown) => !isKnown(id) && (allAreMapped || id != UserAndGroups.Unknown);
}
