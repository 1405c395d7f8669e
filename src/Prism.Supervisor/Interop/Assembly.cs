using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

// Blittable arguments only, and libraries from the loader's own directories, never from beside the binary (CA5392).
[assembly: DisableRuntimeMarshalling]
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
