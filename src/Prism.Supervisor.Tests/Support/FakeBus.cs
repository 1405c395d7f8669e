using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Prism.Supervisor.Tests.Support;

/// <summary>A system bus that greets, and answers each call as the test wishes (D-Bus specification: authentication, marshalling; little endian).</summary>
internal sealed class FakeBus : IDisposable
{
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Func<Call, Answer?> answer;
    private readonly CancellationTokenSource closed = new();

    /// <param name="answer">Null: no answer ever.</param>
    public FakeBus(string path, Func<Call, Answer?> answer)
    {
        this.answer = answer;
        Address = $"unix:path={path}";
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        _ = ServeAsync();
    }

    public string Address { get; }

    public static Answer Text(string signature, string text) => new(signature, [.. Number(Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text), 0]);

    /// <summary>A variant that holds one string.</summary>
    public static Answer Variant(string text) => new("v", [1, (byte)'s', 0, 0, .. Text("s", text).Body]);

    /// <summary>A variant that holds a list of strings.</summary>
    public static Answer VariantOfTexts(params string[] texts)
    {
        var list = new List<byte>();
        foreach (var text in texts)
        {
            list.AddRange(new byte[-list.Count & 3]);
            list.AddRange(Text("s", text).Body);
        }

        // Its signature has four bytes with its length and end, and the list's length comes right behind.
        return new("v", [2, (byte)'a', (byte)'s', 0, .. Number(list.Count), .. list]);
    }

    public static Answer Fault(string name, string words) => Text("s", words) with { Error = name };

    public void Dispose()
    {
        closed.Cancel();
        listener.Dispose();
        closed.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptAsync(closed.Token));
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            using (client)
            {
                await using var stream = new NetworkStream(client);
                await AuthenticateAsync(stream);
                while (true)
                {
                    var call = await ReadAsync(stream);
                    var reply = call.Member == "Hello" ? Text("s", ":1.1") : answer(call);
                    if (reply is not null)
                    {
                        await stream.WriteAsync(Message(call.Serial, reply), closed.Token);
                    }
                }
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // It has gone, or the test is over.
        }
    }

    private async Task AuthenticateAsync(Stream stream)
    {
        _ = await ReadExactlyAsync(stream, 1);
        while (true)
        {
            var line = new StringBuilder();
            while (!line.ToString().EndsWith("\r\n", StringComparison.Ordinal))
            {
                _ = line.Append((char)(await ReadExactlyAsync(stream, 1))[0]);
            }

            var said = line.ToString().TrimEnd() switch
            {
                "AUTH EXTERNAL" => "DATA",
                "NEGOTIATE_UNIX_FD" => "AGREE_UNIX_FD",
                "BEGIN" => null,
                _ => "OK 0123456789abcdef0123456789abcdef",
            };
            if (said is null)
            {
                return;
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes(said + "\r\n"), closed.Token);
        }
    }

    private async Task<Call> ReadAsync(Stream stream)
    {
        var head = await ReadExactlyAsync(stream, 16);
        var bodyLength = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(4));
        var fieldsLength = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(12));
        var fields = await ReadExactlyAsync(stream, (fieldsLength + 7) & ~7);
        var body = await ReadExactlyAsync(stream, bodyLength);
        return new Call(BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(8)), Member(fields.AsSpan(0, fieldsLength)), Texts(body));
    }

    private async Task<byte[]> ReadExactlyAsync(Stream stream, int length)
    {
        var bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes, closed.Token);
        return bytes;
    }

    /// <summary>Field 3 of the header; every field is a byte, a signature, and here a string, a path or a signature.</summary>
    private static string Member(ReadOnlySpan<byte> fields)
    {
        for (var at = 0; at < fields.Length; at = (at + 7) & ~7)
        {
            var (code, type) = (fields[at], (char)fields[at + 2]);
            at += 4;
            var length = type == 'g' ? fields[at] : BinaryPrimitives.ReadInt32LittleEndian(fields[at..]);
            at += type == 'g' ? 1 : 4;
            if (code == 3)
            {
                return Encoding.UTF8.GetString(fields.Slice(at, length));
            }

            at += length + 1;
        }

        return "";
    }

    private static List<string> Texts(byte[] body)
    {
        var texts = new List<string>();
        for (var at = 0; at < body.Length; at = (at + 3) & ~3)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(body.AsSpan(at));
            texts.Add(Encoding.UTF8.GetString(body, at + 4, length));
            at += 4 + length + 1;
        }

        return texts;
    }

    private static byte[] Message(uint serial, Answer answer)
    {
        var fields = new List<byte>();
        fields.AddRange([5, 1, (byte)'u', 0, .. Number((int)serial)]);
        Add(fields, 7, 's', ":1.0");
        Add(fields, 6, 's', ":1.1");
        if (answer.Error is { } error)
        {
            Add(fields, 4, 's', error);
        }

        Pad(fields);
        fields.AddRange([8, 1, (byte)'g', 0, (byte)answer.Signature.Length, .. Encoding.ASCII.GetBytes(answer.Signature), 0]);
        var length = fields.Count;
        Pad(fields);
        return [(byte)'l', (byte)(answer.Error is null ? 2 : 3), 1, 1, .. Number(answer.Body.Length), 1, 0, 0, 0, .. Number(length), .. fields, .. answer.Body];
    }

    private static void Add(List<byte> fields, byte code, char type, string text)
    {
        Pad(fields);
        fields.AddRange([code, 1, (byte)type, 0, .. Text("s", text).Body]);
    }

    private static void Pad(List<byte> bytes) => bytes.AddRange(new byte[-bytes.Count & 7]);

    private static byte[] Number(int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return bytes;
    }

    /// <summary>What was asked; all arguments are strings.</summary>
    internal sealed record Call(uint Serial, string Member, IReadOnlyList<string> Arguments);

    internal sealed record Answer(string Signature, byte[] Body, string? Error = null);
}
