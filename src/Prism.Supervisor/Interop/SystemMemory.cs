using System.Runtime.InteropServices;

namespace Prism.Supervisor.Interop;

/// <summary>The memory of the machine that nobody uses for anything, caches neither (sysinfo(2)): it needs no /proc.</summary>
internal static unsafe partial class SystemMemory
{
    /// <summary>Null when the kernel does not say.</summary>
    public static long? Free
    {
        get
        {
            // sysinfo(2), 64 bits: freeram at 40, mem_unit at 104, 112 bytes in all.
            var information = stackalloc byte[128];
            return sysinfo(information) == -1 ? null : *(long*)(information + 40) * *(uint*)(information + 104);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sysinfo(byte* information);
}
