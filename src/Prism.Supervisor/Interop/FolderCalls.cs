using System.Runtime.InteropServices;

namespace Prism.Supervisor.Interop;

/// <summary>The calls of <see cref="Folder"/>: those of libc that take no variable arguments.</summary>
internal sealed unsafe partial class Folder
{
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint opendir(byte* path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial byte* readdir(nint stream);

    [LibraryImport("libc")]
    private static partial void rewinddir(nint stream);

    [LibraryImport("libc")]
    private static partial int dirfd(nint stream);

    [LibraryImport("libc")]
    private static partial int closedir(nint stream);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(int directory, byte* path, int flags, uint mask, byte* status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint readlinkat(int directory, byte* path, byte* target, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mkdirat(int directory, byte* path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int symlinkat(byte* target, int directory, byte* path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int linkat(int directory, byte* path, int newDirectory, byte* newPath, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int renameat2(int directory, byte* path, int newDirectory, byte* newPath, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchmodat(int directory, byte* path, uint mode, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlinkat(int directory, byte* path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(int descriptor, int operation);
}
