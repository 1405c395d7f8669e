using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Prism.Supervisor.Interop;

/// <summary>The error numbers that callers tell apart, and the exception that names the call that failed (errno(3)).</summary>
internal static class Errno
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Intr = 4;
    public const int TooBig = 7;
    public const int Again = 11;
    public const int AccessDenied = 13;
    public const int Busy = 16;
    public const int Exists = 17;
    public const int CrossDevice = 18;
    public const int NotDirectory = 20;
    public const int Invalid = 22;
    public const int NoSpace = 28;
    public const int NoSystemCall = 38;
    public const int OverQuota = 122;

    /// <summary>EBADR: what sd-bus calls a method or property that the other side does not have (bus-error.c).</summary>
    public const int UnknownToBus = 53;

    public const int TimedOut = 110;
    public const int NoSuchProcess = 3;

    public static int Last => Marshal.GetLastPInvokeError();

    /// <summary>Returns <paramref name="result"/>, or throws a <see cref="Win32Exception"/> that names the call when it is -1.</summary>
    public static int Check(int result, string call) => result == -1 ? throw Failure(call) : result;

    public static Win32Exception Failure(string call) => Failure(call, Last);

    public static Win32Exception Failure(string call, int errno) =>
        new(errno, $"{call}: {Marshal.GetPInvokeErrorMessage(errno)}");
}
