using System.Text;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Processes;

/// <summary>Cuts a child's output into lines, on a thread of its own: a pipe has no asynchronous read, and a pool thread must not wait in one.</summary>
internal static class OutputReader
{
    /// <summary>Longer lines are cut, in bytes: an endless line must not become endless memory.</summary>
    public const int LongestLine = 16 * 1024;

    // Enough for a burst; past it the child waits, as it would on a full pipe.
    private const int LinesAhead = 512;

    public static ChannelReader<string> Start(SafeFileHandle pipe, string name)
    {
        var lines = Channel.CreateBounded<string>(new BoundedChannelOptions(LinesAhead) { SingleReader = true, SingleWriter = true });
        new Thread(() => Read(pipe, lines.Writer), maxStackSize: 256 * 1024) { IsBackground = true, Name = $"output of {name}" }.Start();
        return lines.Reader;
    }

    private static void Read(SafeFileHandle pipe, ChannelWriter<string> lines)
    {
        using (pipe)
        {
            var buffer = new byte[LongestLine];
            var held = 0;
            int count;
            while ((count = Descriptors.Read(pipe, buffer.AsSpan(held))) > 0)
            {
                held = Cut(buffer, held + count, lines);
            }

            if (held > 0)
            {
                Send(buffer.AsSpan(0, held), lines);
            }

            lines.Complete();
        }
    }

    /// <summary>Sends the whole lines and moves the rest to the front; returns its length.</summary>
    private static int Cut(byte[] buffer, int length, ChannelWriter<string> lines)
    {
        var start = 0;
        int end;
        while ((end = buffer.AsSpan(start, length - start).IndexOf((byte)'\n')) >= 0)
        {
            Send(buffer.AsSpan(start, end), lines);
            start += end + 1;
        }

        if (start == 0 && length == buffer.Length)
        {
            Send(buffer, lines);
            return 0;
        }

        buffer.AsSpan(start, length - start).CopyTo(buffer);
        return length - start;
    }

    private static void Send(ReadOnlySpan<byte> line, ChannelWriter<string> lines)
    {
        var text = Encoding.UTF8.GetString(line.TrimEnd((byte)'\r'));
        if (!lines.TryWrite(text))
        {
            lines.WriteAsync(text).AsTask().GetAwaiter().GetResult();
        }
    }
}
