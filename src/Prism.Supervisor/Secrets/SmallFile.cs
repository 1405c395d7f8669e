using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Secrets;

/// <summary>Reads a whole small file, or says in one line why not.</summary>
internal static class SmallFile
{
    public const int Limit = 1 << 20;

    private const int FirstBuffer = 16 * 1024;

    /// <summary>The bytes of the file at a path, and whose it is.</summary>
    public static (byte[] Bytes, FileStatus Status) Read(string path, string what)
    {
        if (string.IsNullOrEmpty(path) || path.Contains('\0', StringComparison.Ordinal))
        {
            throw Refusal.Because($"{what}: its path is empty or holds a NUL character; set the path of a file");
        }

        if (!ByteText.IsUtf8(path))
        {
            throw Refusal.Because($"{what}: its path is not UTF-8, and .NET opens no such file; rename it, or give a symbolic link to it");
        }

        if (Descriptors.IsSpecial(path))
        {
            throw Refusal.Because($"{what} is no regular file; give the path of one"); // open(2) of a FIFO waits for a writer, and a device may have no end
        }

        try
        {
            // ReadWrite sharing: .NET would otherwise flock(2) the file, and fail beside another reader that locked it.
            using var handle = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
            return (ReadToEnd(handle, what), FileStatus.Of(handle));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw Refuse(what, fault, Directory.Exists(path));
        }
    }

    /// <summary>The bytes behind a descriptor from its start, wherever its offset stands: it is read again for each generation.</summary>
    public static byte[] Read(SafeFileHandle handle, string what)
    {
        try
        {
            return ReadToEnd(handle, what);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException or ObjectDisposedException)
        {
            throw Refuse(what, fault, isFolder: false);
        }
    }

    /// <summary>Text without NUL, lossless: what a variable of an environment can hold.</summary>
    public static string Text(byte[] bytes, string what)
    {
        var nul = Array.IndexOf(bytes, (byte)0);
        return nul < 0
            ? ByteText.Decode(bytes)
            : throw Refusal.Because(string.Create(CultureInfo.InvariantCulture, $"{what}: line {LineOf(bytes, nul)} holds a NUL character; the file is damaged"));
    }

    /// <summary>open(2) says EACCES for a folder too once .NET has looked at it; the operator should hear which of the two it was.</summary>
    internal static StartupException Refuse(string what, Exception fault, bool isFolder) => fault switch
    {
        _ when isFolder => Refusal.Because($"{what} is a folder; give the path of the file"),
        FileNotFoundException or DirectoryNotFoundException => Refusal.Because($"{what} does not exist"),
        UnauthorizedAccessException => Refusal.NoPermission($"{what} may not be read by this user; change its owner or mode, or hand it over with OpenFile="),
        ObjectDisposedException => Refusal.Because($"{what} is closed"),
        PathTooLongException => Refusal.Because($"{what} cannot be read: its path is too long; give a shorter one"),
        // Where .NET has no type of its own for it, the result is errno.
        _ => Refusal.Because($"{what} cannot be read: {Marshal.GetPInvokeErrorMessage(fault.HResult)}; read it by hand (cat) to see what is wrong with it"),
    };

    /// <summary>In a buffer that grows with what is read: a mebibyte of zeros for each file was a fifth of a cold reading.</summary>
    private static byte[] ReadToEnd(SafeFileHandle handle, string what)
    {
        var buffer = new byte[FirstBuffer];
        var length = 0;
        while (RandomAccess.Read(handle, buffer.AsSpan(length), length) is > 0 and var count)
        {
            length += count;
            if (length > Limit)
            {
                CryptographicOperations.ZeroMemory(buffer);
                throw Refusal.Because($"{what} is larger than 1 MiB; that is no secret file");
            }

            buffer = length < buffer.Length ? buffer : Resized(buffer, Math.Min(2 * length, Limit + 1));
        }

        return Resized(buffer, length);
    }

    /// <summary>The old one is wiped.</summary>
    private static byte[] Resized(byte[] buffer, int length)
    {
        var other = new byte[length];
        buffer.AsSpan(0, Math.Min(length, buffer.Length)).CopyTo(other);
        CryptographicOperations.ZeroMemory(buffer);
        return other;
    }

    private static int LineOf(byte[] bytes, int offset) => 1 + bytes.AsSpan(0, Math.Min(offset, bytes.Length)).Count((byte)'\n');
}
