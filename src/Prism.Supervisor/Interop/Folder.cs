using System.Runtime.InteropServices;

namespace Prism.Supervisor.Interop;

/// <summary>
/// An open folder and what is done to its entries by their own names (openat(2) and its kin): no symbolic link is followed, whoever puts
/// one there meanwhile. Names are bytes as text (<see cref="ByteText"/>). What cannot be done is a Win32Exception that names the call.
/// </summary>
internal sealed unsafe partial class Folder : IDisposable
{
    private const int NoFollow = 0x100;
    private const int EmptyPath = 0x1000;
    private const int RemoveDirectory = 0x200;
    private const int WorkingDirectory = -100;
    private const uint NoReplace = 1;
    private const uint Exchanged = 2;
    private const int Shared = 1;
    private const int Exclusive = 2;
    private const int AtOnce = 4;

    private readonly nint stream;
    private readonly int descriptor;
    private bool disposed;

    private Folder(nint stream) => (this.stream, descriptor) = (stream, dirfd(stream));

    /// <summary>What lies at a path; null: nothing that can be reached.</summary>
    public static FolderEntry? EntryAt(string path) => Status(WorkingDirectory, path, NoFollow);

    /// <summary>The folder at a path, which is trusted; null when there is none.</summary>
    public static Folder? At(string path)
    {
        var stream = Opened(path);
        return stream == 0 ? Errno.Last is Errno.NoEntry or Errno.NotDirectory ? null : throw Errno.Failure($"opendir({path})") : new Folder(stream);
    }

    /// <summary>Null when it is no folder, or no longer the one that it was a moment ago.</summary>
    public Folder? Open(string name)
    {
        if (Find(name) is not { Kind: EntryKind.Folder } wanted)
        {
            return null;
        }

        // opendir(3) follows links, but what it has opened is then compared with what lay there.
        var child = Opened($"/proc/self/fd/{descriptor}/{name}");
        if (child == 0)
        {
            return Errno.Last is Errno.NoEntry or Errno.NotDirectory ? null : throw Errno.Failure($"opendir({name})");
        }

        var folder = new Folder(child);
        if (Status(folder.descriptor, "", EmptyPath) is { } found && found.IsSameAs(wanted))
        {
            return folder;
        }

        folder.Dispose();
        return null;
    }

    /// <summary>The names of its entries, as they are now.</summary>
    public IReadOnlyList<string> Names()
    {
        // struct dirent of every 64-bit Linux: d_name at 19 (readdir(3)).
        const int nameAt = 19;
        var names = new List<string>();
        rewinddir(stream);
        while (true)
        {
            var entry = readdir(stream);
            if (entry is null)
            {
                return Errno.Last == 0 ? names : throw Errno.Failure("readdir");
            }

            var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + nameAt);
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            {
                names.Add(ByteText.Decode(name));
            }
        }
    }

    /// <summary>Another name for this folder and no other one, while it is there.</summary>
    public string Identity => Status(descriptor, "", EmptyPath) is { } entry ? $"{entry.Device:x}-{entry.Inode:x}" : "gone";

    /// <summary>Null when nothing of that name is there.</summary>
    public FolderEntry? Find(string name) => Status(descriptor, name, NoFollow);

    /// <summary>Where a symbolic link leads; null when there is none.</summary>
    public string? LinkTarget(string name)
    {
        var buffer = new byte[4096];
        fixed (byte* path = Bytes(name), target = buffer)
        {
            var length = readlinkat(descriptor, path, target, (nuint)buffer.Length);
            return length < 0 ? null : ByteText.Decode(buffer.AsSpan(0, (int)length));
        }
    }

    /// <summary>Makes a folder with this mode, whatever the umask is; takes what is there as it is.</summary>
    public void Make(string name, int mode)
    {
        fixed (byte* path = Bytes(name))
        {
            if (mkdirat(descriptor, path, (uint)mode) == 0)
            {
                SetMode(name, mode);
            }
            else if (Errno.Last != Errno.Exists)
            {
                throw Errno.Failure($"mkdir({name})");
            }
        }
    }

    public void MakeLink(string target, string name)
    {
        fixed (byte* from = Bytes(target), path = Bytes(name))
        {
            _ = Errno.Check(symlinkat(from, descriptor, path), $"symlink({name})");
        }
    }

    /// <summary>A second name for a file (link(2)); yields the error number, 0 for none, since what to do then is the caller's to know.</summary>
    public int Link(string name, Folder target, string newName)
    {
        fixed (byte* from = Bytes(name), path = Bytes(newName))
        {
            return linkat(descriptor, from, target.descriptor, path, 0) == 0 ? 0 : Errno.Last;
        }
    }

    /// <summary>Replaces what has the new name and is no folder; yields the error number, 0 for none.</summary>
    public int Rename(string name, Folder target, string newName) => Rename(name, target, newName, 0);

    /// <summary>Likewise, but replaces nothing.</summary>
    public int RenameToFree(string name, Folder target, string newName) => Rename(name, target, newName, NoReplace);

    /// <summary>Both names are there all the time, and each leads to what the other led to (renameat2(2)); yields the error number, 0 for none.</summary>
    public int Exchange(string name, Folder target, string otherName) => Rename(name, target, otherName, Exchanged);

    /// <summary>The permission bits of a file or a folder; never those of what a link leads to.</summary>
    public void SetMode(string name, int mode)
    {
        fixed (byte* path = Bytes(name))
        {
            _ = Errno.Check(fchmodat(descriptor, path, (uint)mode, NoFollow), $"chmod({name})");
        }
    }

    /// <summary>Removes a file or a link, or an empty folder; yields the error number, 0 for none.</summary>
    public int Remove(string name, bool isFolder)
    {
        fixed (byte* path = Bytes(name))
        {
            return unlinkat(descriptor, path, isFolder ? RemoveDirectory : 0) == 0 ? 0 : Errno.Last;
        }
    }

    /// <summary>What the file system of this folder holds outlives a power cut from now on (syncfs(2)).</summary>
    public void Flush() => _ = Errno.Check(syncfs(descriptor), "syncfs");

    /// <summary>Marks the folder as in use until this object is disposed of (flock(2)); false when somebody has claimed it.</summary>
    public bool Hold() => flock(descriptor, Shared | AtOnce) == 0 || Errno.Last != Errno.Again;

    /// <summary>Keeps others from holding it until this object is disposed of; false when somebody does, in this process or another.</summary>
    public bool Claim() => flock(descriptor, Exclusive | AtOnce) == 0 || Errno.Last != Errno.Again;

    /// <summary>A path of one of its entries for those who know nothing but paths, good while this object lives.</summary>
    public string PathOf(string name) => $"/proc/self/fd/{descriptor}/{name}";

    public void Dispose()
    {
        if (!disposed)
        {
            disposed = true;
            _ = closedir(stream);
        }
    }

    private int Rename(string name, Folder target, string newName, uint flags)
    {
        fixed (byte* from = Bytes(name), path = Bytes(newName))
        {
            return renameat2(descriptor, from, target.descriptor, path, flags) == 0 ? 0 : Errno.Last;
        }
    }

    private static nint Opened(string path)
    {
        fixed (byte* name = Bytes(path))
        {
            return opendir(name);
        }
    }

    private static FolderEntry? Status(int directory, string path, int flags)
    {
        // statx(2): stx_attributes at 8, stx_uid at 20, stx_mode at 28, stx_ino at 32, stx_size at 40, stx_dev_major and _minor at 136 and 140.
        const uint wanted = 0x1 | 0x2 | 0x8 | 0x100 | 0x200;
        const ulong mountRoot = 0x2000;
        var status = stackalloc byte[256];
        fixed (byte* name = Bytes(path))
        {
            if (statx(directory, name, flags, wanted, status) == -1)
            {
                return null;
            }
        }

        var mode = *(ushort*)(status + 28);
        var kind = (mode & 0xf000) switch
        {
            0x8000 => EntryKind.File,
            0x4000 => EntryKind.Folder,
            0xa000 => EntryKind.Link,
            _ => EntryKind.Other,
        };
        return new FolderEntry(
            kind,
            mode & 0xfff,
            *(uint*)(status + 20),
            *(long*)(status + 40),
            ((ulong)*(uint*)(status + 136) << 32) | *(uint*)(status + 140),
            *(ulong*)(status + 32),
            (*(ulong*)(status + 8) & mountRoot) != 0);
    }

    private static byte[] Bytes(string text) => [.. ByteText.Encode(text), 0];
}
