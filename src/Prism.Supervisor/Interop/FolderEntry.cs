namespace Prism.Supervisor.Interop;

/// <summary>What an entry of a folder is (inode(7)); a symbolic link is one, whatever it leads to.</summary>
internal enum EntryKind
{
    File,
    Folder,
    Link,
    Other,
}

/// <summary>What statx(2) says of an entry, without following it.</summary>
/// <param name="Mode">The permission bits, set-id and sticky included.</param>
/// <param name="IsMountPoint">Whether something is mounted there; kernels before 5.8 do not say.</param>
internal readonly record struct FolderEntry(EntryKind Kind, int Mode, uint Owner, long Size, ulong Device, ulong Inode, bool IsMountPoint)
{
    public bool IsSameAs(FolderEntry other) => (Device, Inode) == (other.Device, other.Inode);
}
