using Prism.Supervisor.Interop;

namespace Prism.Supervisor.StaticFiles;

/// <summary>What is done to whole folders of static files. Nothing is ever reached through a symbolic link or below a mount point, wherever the site's own processes (the same user) put one.</summary>
internal static class FileTree
{
    // Deeper than any site's, and no danger for the stack or the descriptors.
    private const int Deepest = 64;

    private const int ReadableFile = 0b100_100_000;
    private const int ReadableFolder = 0b111_101_000;
    private const int NewFolder = 0b111_101_101;

    /// <summary>All files and links below a folder: their paths, and how many bytes each holds.</summary>
    public static Dictionary<string, long> Sizes(Folder root)
    {
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        Visit(root, (_, _, path, entry) => Note(sizes, path, entry));
        return sizes;
    }

    /// <summary>Likewise, after files and folders have been made readable for the group, whatever umask and settings made them; what others may is the site's to say.</summary>
    public static Dictionary<string, long> MakeReadable(Folder root)
    {
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        Visit(root, (folder, name, path, entry) =>
        {
            var least = entry.Kind switch { EntryKind.File => ReadableFile, EntryKind.Folder => ReadableFolder, _ => 0 };
            if ((entry.Mode & least) != least)
            {
                folder.SetMode(name, (entry.Mode | least) & 0x1ff);
            }

            Note(sizes, path, entry);
        });
        return sizes;
    }

    /// <summary>Whether there is nothing below a folder but folders, files and links, all of them this user's own.</summary>
    public static bool IsOwn(Folder root)
    {
        var isOwn = true;
        Visit(root, (_, _, _, entry) => isOwn &= entry.Kind != EntryKind.Other && entry.Owner == UserIds.Effective && !entry.IsMountPoint);
        return isOwn;
    }

    /// <summary>The bytes that these files hold.</summary>
    public static long Size(Folder root)
    {
        var size = 0L;
        Visit(root, (_, _, _, entry) => size += entry.Kind == EntryKind.File ? entry.Size : 0);
        return size;
    }

    /// <summary>Gives <paramref name="to"/> those of these paths that it has nothing at: as second names of the same files, as copies where the file system will not have that. Yields how many it could not have.</summary>
    public static int Lend(Folder from, IReadOnlySet<string> paths, Folder to)
    {
        // Of the folders that are needed only: an empty one is nobody's file.
        var folders = paths.SelectMany(Parents).ToHashSet(StringComparer.Ordinal);
        return Lend(from, to, "", 0, path => paths.Contains(path), path => folders.Contains(path));
    }

    /// <summary>Whether all these files are there twice, with the same content.</summary>
    public static bool AreSame(Folder one, Folder other, IEnumerable<string> paths)
    {
        var left = paths.ToHashSet(StringComparer.Ordinal);
        var same = true;
        Visit(one, (folder, name, path, entry) =>
        {
            if (same && left.Remove(path))
            {
                same = FileCopy.IsSame(folder, name, entry, other, path);
            }
        });
        return same && left.Count == 0;
    }

    /// <summary>Removes an entry and all below it, one name after the other; false when something is left.</summary>
    public static bool Remove(Folder parent, string name) => Remove(parent, name, 0);

    private static bool Remove(Folder parent, string name, int depth)
    {
        if (parent.Find(name) is not { } entry)
        {
            return true;
        }

        if (entry is { Kind: EntryKind.Folder, IsMountPoint: false } && depth <= Deepest)
        {
            using var folder = Opened(parent, name, entry);
            foreach (var child in folder?.Names() ?? [])
            {
                _ = Remove(folder!, child, depth + 1);
            }
        }

        return parent.Remove(name, isFolder: entry.Kind == EntryKind.Folder) is 0 or Errno.NoEntry;
    }

    /// <summary>A folder that its owner may not enter is no obstacle to its owner.</summary>
    private static Folder? Opened(Folder parent, string name, FolderEntry entry)
    {
        const int owners = 0b111_000_000;
        if ((entry.Mode & owners) != owners)
        {
            parent.SetMode(name, (entry.Mode | owners) & 0x1ff);
        }

        return parent.Open(name);
    }

    private static int Lend(Folder from, Folder to, string prefix, int depth, Predicate<string> isWanted, Predicate<string> isNeeded)
    {
        var failed = 0;
        foreach (var name in from.Names())
        {
            var path = prefix + name;
            if (isNeeded(path) && depth < Deepest)
            {
                using var source = from.Open(name);
                if (source is null)
                {
                    continue;
                }

                to.Make(name, NewFolder);
                using var target = to.Open(name);
                failed += target is null ? 0 : Lend(source, target, $"{path}/", depth + 1, isWanted, isNeeded);
            }
            else if (isWanted(path) && to.Find(name) is null)
            {
                failed += FileCopy.Make(from, name, to) ? 0 : 1;
            }
        }

        return failed;
    }

    private static void Note(Dictionary<string, long> sizes, string path, FolderEntry entry)
    {
        if (entry.Kind is EntryKind.File or EntryKind.Link)
        {
            sizes.Add(path, entry.Size);
        }
    }

    private static void Visit(Folder folder, Action<Folder, string, string, FolderEntry> visit) => Visit(folder, "", 0, visit);

    private static void Visit(Folder folder, string prefix, int depth, Action<Folder, string, string, FolderEntry> visit)
    {
        foreach (var name in folder.Names())
        {
            if (folder.Find(name) is not { } entry)
            {
                continue;
            }

            visit(folder, name, prefix + name, entry);
            if (entry is { Kind: EntryKind.Folder, IsMountPoint: false } && depth < Deepest)
            {
                using var child = folder.Open(name);
                if (child is not null)
                {
                    Visit(child, $"{prefix}{name}/", depth + 1, visit);
                }
            }
        }
    }

    private static IEnumerable<string> Parents(string path)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            yield return path[..slash];
        }
    }
}
