using System.Runtime.InteropServices;

namespace Prism.Supervisor.Interop;

/// <summary>An answer from the bus, read in order and by its exact types (sd_bus_message_read_basic(3)): what is of another type, or is not there, is a Win32Exception.</summary>
internal sealed unsafe partial class BusMessage(nint message) : IDisposable
{
    private nint message = message;

    public string Text() => ReadText('s');

    public string ObjectPath() => ReadText('o');

    public bool Flag()
    {
        int value;
        Read('b', &value);
        return value != 0;
    }

    public uint Number32()
    {
        uint value;
        Read('u', &value);
        return value;
    }

    public ulong Number64()
    {
        ulong value;
        Read('t', &value);
        return value;
    }

    /// <summary>Every element of an array whose elements have that signature.</summary>
    public List<T> Elements<T>(string signature, Func<BusMessage, T> read)
    {
        Enter('a', signature);
        var elements = new List<T>();
        while (SystemBus.Check(sd_bus_message_at_end(message, 0), "sd_bus_message_at_end") == 0)
        {
            elements.Add(read(this));
        }

        Exit();
        return elements;
    }

    /// <summary>What is inside a structure ('r') or a variant ('v') of that signature; all of it must be read or skipped.</summary>
    public T Inside<T>(char container, string signature, Func<BusMessage, T> read)
    {
        Enter(container, signature);
        var value = read(this);
        Exit();
        return value;
    }

    public void Skip(string signature)
    {
        using var types = new NativeStrings([signature]);
        Expect(sd_bus_message_skip(message, types.Pointer[0]), signature);
    }

    public void Dispose()
    {
        if (message != 0)
        {
            _ = sd_bus_message_unref(message);
            message = 0;
        }
    }

    private string ReadText(char type)
    {
        byte* value;
        Read(type, &value);
        return Marshal.PtrToStringUTF8((nint)value) ?? "";
    }

    private void Read(char type, void* value) => Expect(sd_bus_message_read_basic(message, (byte)type, value), $"{type}");

    private void Enter(char container, string signature)
    {
        using var contents = new NativeStrings([signature]);
        Expect(sd_bus_message_enter_container(message, (byte)container, contents.Pointer[0]), $"{container} {signature}");
    }

    private void Exit() => _ = SystemBus.Check(sd_bus_message_exit_container(message), "the end of a container");

    /// <summary>0 says that nothing is left where something was expected.</summary>
    private static void Expect(int result, string what)
    {
        const int noSuchValue = 6; // ENXIO, which these calls return for another type too
        if (result <= 0)
        {
            throw Errno.Failure($"no {what} in the answer", result == 0 ? noSuchValue : -result);
        }
    }

    [LibraryImport("libsystemd.so.0")]
    private static partial int sd_bus_message_read_basic(nint message, byte type, void* value);

    [LibraryImport("libsystemd.so.0")]
    private static partial int sd_bus_message_enter_container(nint message, byte type, byte* contents);

    [LibraryImport("libsystemd.so.0")]
    private static partial int sd_bus_message_exit_container(nint message);

    [LibraryImport("libsystemd.so.0")]
    private static partial int sd_bus_message_at_end(nint message, int complete);

    [LibraryImport("libsystemd.so.0")]
    private static partial int sd_bus_message_skip(nint message, byte* types);

    [LibraryImport("libsystemd.so.0")]
    private static partial nint sd_bus_message_unref(nint message);
}
