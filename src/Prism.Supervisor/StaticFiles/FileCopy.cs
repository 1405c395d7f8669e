using Prism.Supervisor.Interop;

namespace Prism.Supervisor.StaticFiles;

/// <summary>One file in two folders: a second name for it where the file system allows that, else a copy with the same time, which is what web servers tell versions by.</summary>
internal static class FileCopy
{
    /// <summary>False when it cannot be had; a full disk is a Win32Exception or an IOException.</summary>
    public static bool Make(Folder from, string name, Folder to)
    {
        var error = from.Link(name, to, name);
        if (error is 0 or Errno.Exists)
        {
            return true;
        }

        // Not what lies on another file system, is another user's (protected_hardlinks of proc_sys_fs(5)), or has names enough.
        return error is Errno.NoSpace or Errno.OverQuota
            ? throw Errno.Failure($"link({name})", error)
            : Copy(from, name, to);
    }

    /// <summary>Whether the same path leads to the same content from another folder.</summary>
    public static bool IsSame(Folder folder, string name, FolderEntry entry, Folder other, string path)
    {
        var parts = path.Split('/');
        var opened = new Stack<Folder>();
        try
        {
            var at = other;
            foreach (var part in parts[..^1])
            {
                if (at.Open(part) is not { } next)
                {
                    return false;
                }

                opened.Push(at = next);
            }

            return at.Find(name) is { } found && found.Kind == entry.Kind && (entry.Kind == EntryKind.Link
                ? folder.LinkTarget(name) == at.LinkTarget(name)
                : entry.Size == found.Size && (entry.IsSameAs(found) || HaveSameBytes(folder, at, name)));
        }
        finally
        {
            foreach (var one in opened)
            {
                one.Dispose();
            }
        }
    }

    private static bool HaveSameBytes(Folder one, Folder other, string name)
    {
        try
        {
            using var left = File.OpenRead(one.PathOf(name));
            using var right = File.OpenRead(other.PathOf(name));
            var (a, b) = (new byte[64 * 1024], new byte[64 * 1024]);
            while (left.ReadAtLeast(a, a.Length, throwOnEndOfStream: false) is > 0 and var count)
            {
                if (right.ReadAtLeast(b.AsSpan(0, count), count, throwOnEndOfStream: false) != count || !a.AsSpan(0, count).SequenceEqual(b.AsSpan(0, count)))
                {
                    return false;
                }
            }

            return true;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool Copy(Folder from, string name, Folder to)
    {
        if (from.Find(name) is not { } entry)
        {
            return false;
        }

        if (entry.Kind == EntryKind.Link)
        {
            to.MakeLink(from.LinkTarget(name) ?? "", name);
            return true;
        }

        // .NET opens no name that is not UTF-8.
        if (entry.Kind != EntryKind.File || !ByteText.IsUtf8(name))
        {
            return false;
        }

        try
        {
            using var source = File.OpenRead(from.PathOf(name));
            using (var target = new FileStream(to.PathOf(name), FileMode.CreateNew))
            {
                source.CopyTo(target);
            }

            to.SetMode(name, entry.Mode & 0x1ff);
            File.SetLastWriteTimeUtc(to.PathOf(name), File.GetLastWriteTimeUtc(source.SafeFileHandle));
            return true;
        }
        catch (Exception fault) when ((fault is IOException && !Space.IsGone(fault)) || fault is UnauthorizedAccessException)
        {
            return false;
        }
    }
}
