using System.Text;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Processes;

/// <summary>Cuts a child's output into lines, on a thread of its own: a pipe has no asynchronous read, and a pool thread must not wait in one.</summary>
internal static class OutputReader
{
    /// <summary>What a longer line has beyond this, in bytes, is dropped: an endless line must not become endless memory, and no secret may straddle two pieces.</summary>
    public const int LongestLine = 16 * 1024;

    /// <summary>What is longer than this is no line that somebody waits for the end of.</summary>
    public const int LongestBeginning = 1024;

    // Enough for a burst; past it the child waits, as it would on a full pipe.
    private const int LinesAhead = 512;

    /// <param name="heard">Hears everything in the order it was written, and before it can be read: lines that are whole, and the beginning of one whose end is not there yet, each time more of it is. On the reader's thread: it must not wait.</param>
    public static ChannelReader<string> Start(SafeFileHandle pipe, string name, Action<string, bool>? heard = null)
    {
        var lines = Channel.CreateBounded<string>(new BoundedChannelOptions(LinesAhead) { SingleReader = true, SingleWriter = true });
        new Thread(() => Read(pipe, lines.Writer, heard), maxStackSize: 256 * 1024) { IsBackground = true, Name = $"output of {name}" }.Start();
        return lines.Reader;
    }

    private static void Read(SafeFileHandle pipe, ChannelWriter<string> lines, Action<string, bool>? heard)
    {
        using (pipe)
        {
            var buffer = new byte[LongestLine];
            var held = 0;
            var isCut = false;
            int count;
            while ((count = Descriptors.Read(pipe, buffer.AsSpan(held))) > 0)
            {
                (held, isCut) = Cut(buffer, held + count, isCut, lines, heard);
                if (held is > 0 and <= LongestBeginning && !isCut)
                {
                    heard?.Invoke(Text(buffer.AsSpan(0, held)), false);
                }
            }

            if (held > 0 && !isCut)
            {
                Send(buffer.AsSpan(0, held), "", lines, heard);
            }

            lines.Complete();
        }
    }

    /// <summary>Sends the whole lines and moves the rest to the front; returns its length, and whether the line it belongs to was already sent in part.</summary>
    private static (int Held, bool IsCut) Cut(byte[] buffer, int length, bool isCut, ChannelWriter<string> lines, Action<string, bool>? heard)
    {
        var start = 0;
        int end;
        while ((end = buffer.AsSpan(start, length - start).IndexOf((byte)'\n')) >= 0)
        {
            if (!isCut)
            {
                Send(buffer.AsSpan(start, end), "", lines, heard);
            }

            isCut = false;
            start += end + 1;
        }

        if (isCut)
        {
            return (0, true);
        }

        if (start == 0 && length == buffer.Length)
        {
            Send(buffer, Redactor.CutMark, lines, heard);
            return (0, true);
        }

        buffer.AsSpan(start, length - start).CopyTo(buffer);
        return (length - start, false);
    }

    private static string Text(ReadOnlySpan<byte> line) => Encoding.UTF8.GetString(line.TrimEnd((byte)'\r'));

    private static void Send(ReadOnlySpan<byte> line, string mark, ChannelWriter<string> lines, Action<string, bool>? heard)
    {
        var text = Text(line) + mark;
        heard?.Invoke(text, true);
        if (!lines.TryWrite(text))
        {
            lines.WriteAsync(text).AsTask().GetAwaiter().GetResult();
        }
    }
}
