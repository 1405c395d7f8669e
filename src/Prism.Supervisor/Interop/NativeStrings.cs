using System.Runtime.InteropServices;

namespace Prism.Supervisor.Interop;

/// <summary>A null-terminated vector of strings (see ByteText) for execve(2); wiped when disposed, since an environment holds secrets.</summary>
internal sealed unsafe class NativeStrings : IDisposable
{
    private readonly int[] sizes;

    public NativeStrings(IReadOnlyList<string> strings)
    {
        sizes = new int[strings.Count];
        Pointer = (byte**)NativeMemory.AllocZeroed((nuint)strings.Count + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < strings.Count; i++)
        {
            sizes[i] = ByteText.Length(strings[i]) + 1;
            Pointer[i] = (byte*)NativeMemory.AllocZeroed((nuint)sizes[i]);
            _ = ByteText.Encode(strings[i], new Span<byte>(Pointer[i], sizes[i]));
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
