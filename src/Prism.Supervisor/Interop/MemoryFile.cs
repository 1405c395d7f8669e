using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Prism.Supervisor.Interop;

/// <summary>A file that is nowhere but in memory, and nobody's but whoever is handed its descriptor (memfd_create(2)); wiped when disposed. Unlike a pipe it can be read more than once.</summary>
internal sealed unsafe partial class MemoryFile : IDisposable
{
    private const uint CloseOnExec = 1;

    private readonly int length;

    public MemoryFile(string name, byte[] content)
    {
        fixed (byte* text = System.Text.Encoding.UTF8.GetBytes($"{name}\0"))
        {
            Handle = new SafeFileHandle(Errno.Check(memfd_create(text, CloseOnExec), "memfd_create"), ownsHandle: true);
        }

        length = content.Length;
        RandomAccess.Write(Handle, content, 0);
    }

    public SafeFileHandle Handle { get; }

    public void Dispose()
    {
        RandomAccess.Write(Handle, new byte[length], 0);
        Handle.Dispose();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int memfd_create(byte* name, uint flags);
}
