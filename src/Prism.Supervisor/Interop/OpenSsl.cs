using System.Runtime.InteropServices;

namespace Prism.Supervisor.Interop;

/// <summary>Whether .NET's cryptography can be used: where it finds no libssl it aborts the whole process (opensslshim.c), so it must be known before.</summary>
internal static class OpenSsl
{
    // Those that it looks for and that are still anywhere; once loaded, a library stays.
    private static readonly string[] Names = ["libssl.so.3", "libssl.so.1.1"];

    private static readonly Lazy<bool> Found = new(() => Array.Exists(Names, name => NativeLibrary.TryLoad(name, out _)));

    public static bool IsThere => Found.Value;
}
