using System.Runtime.InteropServices;

namespace Prism.Supervisor.Interop;

/// <summary>What this process was started with, byte for byte (see ByteText): .NET's own copies have lost what is not UTF-8.</summary>
internal static unsafe class OwnProcess
{
    /// <summary>Of a name given twice the first stands, as getenv(3) has it.</summary>
    public static Dictionary<string, string> Environment()
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var entry = *(byte***)NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "environ");
        for (; entry is not null && *entry is not null; entry++)
        {
            var text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(*entry);
            if (text.IndexOf((byte)'=') is > 0 and var equals)
            {
                _ = values.TryAdd(ByteText.Decode(text[..equals]), ByteText.Decode(text[(equals + 1)..]));
            }
        }

        return values;
    }

    /// <summary>The arguments of Main, from where ps(1) has them; as .NET gives them where there is no /proc.</summary>
    public static string[] Arguments(string[] decoded)
    {
        try
        {
            var texts = new List<string>();
            ReadOnlySpan<byte> rest = File.ReadAllBytes("/proc/self/cmdline");
            for (var end = rest.IndexOf((byte)0); end >= 0; end = rest.IndexOf((byte)0))
            {
                texts.Add(ByteText.Decode(rest[..end]));
                rest = rest[(end + 1)..];
            }

            return texts.Count > decoded.Length ? [.. texts[^decoded.Length..]] : decoded;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return decoded;
        }
    }
}
