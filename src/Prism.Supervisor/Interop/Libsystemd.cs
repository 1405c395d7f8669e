using System.Runtime.InteropServices;
using System.Text;

namespace Prism.Supervisor.Interop;

/// <summary>libsystemd, which every host with systemd has: the native journal protocol (sd_journal_sendv(3)).</summary>
internal static unsafe partial class Libsystemd
{
    [StructLayout(LayoutKind.Sequential)]
    private struct Vector
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary>Writes one journal entry of NAME=value fields; false when there is no journal, or no libsystemd.</summary>
    public static bool SendToJournal(IReadOnlyList<string> fields)
    {
        var bytes = new byte[fields.Sum(Encoding.UTF8.GetByteCount)];
        var vectors = stackalloc Vector[fields.Count];
        fixed (byte* start = bytes)
        {
            var at = 0;
            for (var i = 0; i < fields.Count; i++)
            {
                var length = Encoding.UTF8.GetBytes(fields[i], bytes.AsSpan(at));
                vectors[i] = new Vector { Start = start + at, Length = (nuint)length };
                at += length;
            }

            try
            {
                return sd_journal_sendv(vectors, fields.Count) == 0;
            }
            catch (DllNotFoundException)
            {
                return false;
            }
        }
    }

    [LibraryImport("libsystemd.so.0")]
    private static partial int sd_journal_sendv(Vector* vectors, int count);
}
