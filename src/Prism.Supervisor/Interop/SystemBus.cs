using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Prism.Supervisor.Interop;

/// <summary>A connection to the system bus (sd-bus(3)): one method call at a time, none of which waits for ever. What fails is a Win32Exception that names the call, or says what the other side answered.</summary>
internal sealed unsafe partial class SystemBus : IDisposable
{
    private readonly TimeSpan patience;
    private nint bus;

    private SystemBus(nint bus, TimeSpan patience) => (this.bus, this.patience) = (bus, patience);

    /// <summary>Connects and is greeted. Throws DllNotFoundException where there is no libsystemd.</summary>
    public static SystemBus Open(TimeSpan patience)
    {
        nint bus;
        _ = Check(sd_bus_open_system(&bus), "sd_bus_open_system");
        var opened = new SystemBus(bus, patience);
        try
        {
            opened.WaitForGreeting();
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Calls a method whose arguments are all strings, and waits for its answer.</summary>
    public BusMessage Call(string destination, string path, string face, string member, params ReadOnlySpan<string> arguments)
    {
        using var names = new NativeStrings([destination, path, face, member]);
        using var values = new NativeStrings([.. arguments]);
        nint call;
        _ = Check(sd_bus_message_new_method_call(bus, &call, names.Pointer[0], names.Pointer[1], names.Pointer[2], names.Pointer[3]), $"calling {member} of {path}");
        var error = stackalloc nint[3] { 0, 0, 0 }; // sd_bus_error: name, message, and whether they are to be freed (sd_bus_error(3))
        try
        {
            for (var i = 0; i < arguments.Length; i++)
            {
                _ = Check(sd_bus_message_append_basic(call, (byte)'s', values.Pointer[i]), $"an argument of {member}");
            }

            nint reply;
            var result = sd_bus_call(bus, call, (ulong)patience.TotalMicroseconds, error, &reply);
            return result >= 0
                ? new BusMessage(reply)
                : throw (error[1] == 0 ? Errno.Failure(member, -result) : new Win32Exception(-result, Marshal.PtrToStringUTF8(error[1])));
        }
        finally
        {
            sd_bus_error_free(error);
            _ = sd_bus_message_unref(call);
        }
    }

    public void Dispose()
    {
        if (bus != 0)
        {
            _ = sd_bus_close_unref(bus); // Without a flush, which would wait for a greeting that never comes.
            bus = 0;
        }
    }

    /// <summary>These calls return the negative error number instead of setting errno.</summary>
    internal static int Check(int result, string call) => result < 0 ? throw Errno.Failure(call, -result) : result;

    /// <summary>sd_bus_call(3) would wait for it too, but as long as the bus likes.</summary>
    private void WaitForGreeting()
    {
        var begun = Stopwatch.GetTimestamp();
        while (Check(sd_bus_is_ready(bus), "sd_bus_is_ready") == 0)
        {
            if (Check(sd_bus_process(bus, null), "sd_bus_process") > 0)
            {
                continue;
            }

            var left = patience - Stopwatch.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
            {
                throw Errno.Failure("the greeting of the bus", Errno.TimedOut);
            }

            if (sd_bus_wait(bus, (ulong)left.TotalMicroseconds) is < 0 and not -Errno.Intr and var result)
            {
                throw Errno.Failure("sd_bus_wait", -result);
            }
        }
    }

    [LibraryImport("libsystemd.so.0")]
    private static partial int sd_bus_open_system(nint* bus);

    [LibraryImport("libsystemd.so.0")]
    private static partial int sd_bus_is_ready(nint bus);

    [LibraryImport("libsystemd.so.0")]
    private static partial int sd_bus_process(nint bus, nint* message);

    [LibraryImport("libsystemd.so.0")]
    private static partial int sd_bus_wait(nint bus, ulong microseconds);

    [LibraryImport("libsystemd.so.0")]
    private static partial nint sd_bus_close_unref(nint bus);

    [LibraryImport("libsystemd.so.0")]
    private static partial int sd_bus_message_new_method_call(nint bus, nint* message, byte* destination, byte* path, byte* face, byte* member);

    [LibraryImport("libsystemd.so.0")]
    private static partial int sd_bus_message_append_basic(nint message, byte type, void* value);

    [LibraryImport("libsystemd.so.0")]
    private static partial int sd_bus_call(nint bus, nint message, ulong microseconds, nint* error, nint* reply);

    [LibraryImport("libsystemd.so.0")]
    private static partial void sd_bus_error_free(nint* error);

    [LibraryImport("libsystemd.so.0")]
    private static partial nint sd_bus_message_unref(nint message);
}
