using System.Runtime.InteropServices;
using System.Text;

namespace Prism.Supervisor.Interop;

/// <summary>A null-terminated vector of UTF-8 strings for execve(2); wiped when disposed, since an environment holds secrets.</summary>
internal sealed unsafe class NativeStrings : IDisposable
{
    private readonly int[] sizes;

    public NativeStrings(IReadOnlyList<string> strings)
    {
        sizes = new int[strings.Count];
        Pointer = (byte**)NativeMemory.AllocZeroed((nuint)strings.Count + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < strings.Count; i++)
        {
            sizes[i] = Encoding.UTF8.GetByteCount(strings[i]) + 1;
            Pointer[i] = (byte*)NativeMemory.AllocZeroed((nuint)sizes[i]);
            _ = Encoding.UTF8.GetBytes(strings[i], new Span<byte>(Pointer[i], sizes[i]));
        }
    }

    public byte** Pointer { get; }

    public void Dispose()
    {
        for (var i = 0; i < sizes.Length; i++)
        {
            new Span<byte>(Pointer[i], sizes[i]).Clear();
            NativeMemory.Free(Pointer[i]);
        }

        NativeMemory.Free(Pointer);
    }
}
