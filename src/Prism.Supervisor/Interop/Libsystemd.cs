using System.Runtime.InteropServices;
using System.Text;

namespace Prism.Supervisor.Interop;

/// <summary>libsystemd, which every host with systemd has: the native journal protocol (sd_journal_sendv(3)) and notifications with descriptors (sd_notify(3)).</summary>
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

    /// <summary>Tells the service manager something about descriptors, which it duplicates; null when it was sent, else why not. Nobody to tell is a reason too.</summary>
    public static string? Notify(string state, params ReadOnlySpan<int> descriptors)
    {
        try
        {
            fixed (int* first = descriptors)
            fixed (byte* text = Encoding.UTF8.GetBytes($"{state}\0"))
            {
                return sd_pid_notify_with_fds(0, 0, text, first, (uint)descriptors.Length) switch
                {
                    > 0 => null,
                    0 => "NOTIFY_SOCKET is not set",
                    var errno => Marshal.GetPInvokeErrorMessage(-errno),
                };
            }
        }
        catch (DllNotFoundException)
        {
            return "there is no libsystemd.so.0";
        }
    }

    [LibraryImport("libsystemd.so.0")]
    private static partial int sd_pid_notify_with_fds(int pid, int unsetEnvironment, byte* state, int* descriptors, uint count);

    [LibraryImport("libsystemd.so.0")]
    private static partial int sd_journal_sendv(Vector* vectors, int count);
}
