using Prism.Supervisor.Interop;

namespace Prism.Supervisor.StaticFiles;

/// <summary>Where the web server looks for the static files: a symbolic link into the store, which is switched without a moment in between. Whatever else lies there is taken over when that does no harm, or left as it is.</summary>
/// <param name="path">Absolute, without a slash at its end.</param>
/// <param name="kept">Folders that hold more than static files.</param>
internal sealed class PublicPath(string path, IReadOnlyList<string> kept)
{
    public string Path => path;

    /// <summary>A folder with files that somebody collected there; null: there is none that may be taken over.</summary>
    public Folder? Found(StaticStore store) =>
        Folder.EntryAt(path) is { Kind: EntryKind.Folder } && Obstacle(store) is null ? Folder.At(path) : null;

    /// <summary>The release that it leads to, as far as it leads into the store.</summary>
    public string? Release(StaticStore store) =>
        Target() is { } target && InStore(store, target) is { } name && StaticStore.IsRelease(name) ? name : null;

    /// <summary>Switches it; yields the name that a folder which lay there has in the store now, or null. Throws <see cref="StartupException"/> with one line when it stays as it was.</summary>
    public string? Switch(StaticStore store, string release)
    {
        if (Obstacle(store) is { } obstacle)
        {
            throw Stays(store, obstacle);
        }

        var before = Folder.EntryAt(path);
        if (before is { Kind: EntryKind.Link } && InStore(store, Target() ?? "") is { } name && (name == StaticStore.Current || name == release))
        {
            return null;
        }

        using var parent = Folder.At(System.IO.Path.GetDirectoryName(path)!) ?? throw Stays(store, "the folder that it lies in is gone");
        var isFolder = before is { Kind: EntryKind.Folder };
        var fresh = isFolder ? StaticStore.NewFound() : StaticStore.NewLink();
        store.Folder.MakeLink(Leading(store, release), fresh);
        var error = isFolder
            ? store.Folder.Exchange(fresh, parent, System.IO.Path.GetFileName(path))
            : store.Folder.Rename(fresh, parent, System.IO.Path.GetFileName(path));
        if (error == 0)
        {
            return isFolder ? fresh : null;
        }

        _ = store.Folder.Remove(fresh, isFolder: false);
        throw Stays(store, error switch
        {
            Errno.Busy => "something is mounted there",
            Errno.CrossDevice => "it lies on another file system",
            Errno.Invalid or Errno.NoSystemCall => $"the file system cannot exchange a folder for a link: move the folder away once (mv {path} {path}.old)",
            _ => $"it cannot be switched ({Errno.Failure("rename", error).Message})",
        });
    }

    private string? Target()
    {
        using var parent = Folder.At(System.IO.Path.GetDirectoryName(path)!);
        return parent?.LinkTarget(System.IO.Path.GetFileName(path));
    }

    /// <summary>Relative where it can be: then it holds wherever the folder is mounted.</summary>
    private string Leading(StaticStore store, string release) =>
        System.IO.Path.GetDirectoryName(store.Path) == System.IO.Path.GetDirectoryName(path) ? $"{System.IO.Path.GetFileName(store.Path)}/{release}" : $"{store.Path}/{release}";

    /// <summary>The name in the store that a link leads to; null when it leads elsewhere.</summary>
    private string? InStore(StaticStore store, string target)
    {
        var whole = System.IO.Path.GetFullPath(target, System.IO.Path.GetDirectoryName(path)!);
        return System.IO.Path.GetDirectoryName(whole) == store.Path ? System.IO.Path.GetFileName(whole) : null;
    }

    private string? Obstacle(StaticStore store) => Folder.EntryAt(path) switch
    {
        null => null,
        { Kind: EntryKind.Link } => InStore(store, Target() ?? "") is { } name && (name == StaticStore.Current || StaticStore.IsRelease(name)) ? null : $"it is a link of somebody else's (to {Target()})",
        { Kind: not EntryKind.Folder } => "it is no folder",
        { IsMountPoint: true } => "something is mounted there",
        { } found when kept.FirstOrDefault(folder => Holds(found, folder)) is { } inside => $"it holds {inside}, which is no static file",
        _ when !IsOwn() => "it holds what is no file of the service's user",
        _ => null,
    };

    private bool IsOwn()
    {
        using var folder = Folder.At(path);
        return folder is not null && FileTree.IsOwn(folder);
    }

    /// <summary>Also through links: what is looked at is the folder and not its name.</summary>
    private static bool Holds(FolderEntry folder, string inside)
    {
        for (var at = Resolved(inside); at is not null; at = System.IO.Path.GetDirectoryName(at))
        {
            if (Folder.EntryAt(at) is { } entry && entry.IsSameAs(folder))
            {
                return true;
            }
        }

        return false;
    }

    private static string Resolved(string path)
    {
        try
        {
            return new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return path;
        }
    }

    private StartupException Stays(StaticStore store, string reason) => new(
        ExitCode.CollectstaticFailed,
        $"static.path: {path} stays as it was: {reason}; the static files of the release that serves are in {store.Path}/{StaticStore.Current}: let the web server read them there, or make {path} free");
}
