namespace Prism.Supervisor.Secrets.Age;

/// <summary>Reads the little of DER (X.690) that private keys are written in: definite, shortest lengths, and none is believed further than there are bytes.</summary>
internal ref struct Der(ReadOnlySpan<byte> bytes)
{
    public const byte Integer = 0x02;
    public const byte OctetString = 0x04;
    public const byte ObjectIdentifier = 0x06;
    public const byte Sequence = 0x30;

    private ReadOnlySpan<byte> rest = bytes;

    public readonly bool IsEmpty => rest.IsEmpty;

    /// <summary>The content of the next element, which must have this tag.</summary>
    /// <exception cref="FormatException">It has another, or is malformed.</exception>
    public ReadOnlySpan<byte> Take(byte tag)
    {
        if (rest.Length < 2 || rest[0] != tag)
        {
            throw Damaged();
        }

        var (length, start) = ((int)rest[1], 2);
        if (length > 0x7f)
        {
            // 0x81 to 0x83: the length in one to three bytes, the first not zero and no fewer would do.
            var count = length & 0x7f;
            if (count is 0 or > 3 || rest.Length < start + count || rest[start] == 0)
            {
                throw Damaged();
            }

            length = 0;
            foreach (var part in rest.Slice(start, count))
            {
                length = (length << 8) | part;
            }

            start += count;
            if (length <= 0x7f)
            {
                throw Damaged();
            }
        }

        if (length > rest.Length - start)
        {
            throw Damaged();
        }

        var content = rest.Slice(start, length);
        rest = rest[(start + length)..];
        return content;
    }

    /// <summary>The only element there is.</summary>
    public ReadOnlySpan<byte> TakeLast(byte tag)
    {
        var content = Take(tag);
        return IsEmpty ? content : throw Damaged();
    }

    /// <summary>A number that is not negative, in as few bytes as it needs.</summary>
    public ReadOnlySpan<byte> TakeNumber()
    {
        var content = Take(Integer);
        return content.IsEmpty || content[0] > 0x7f || (content.Length > 1 && content[0] == 0 && content[1] <= 0x7f) ? throw Damaged() : content;
    }

    /// <summary>Whether the next element has this tag.</summary>
    public readonly bool Sees(byte tag) => !rest.IsEmpty && rest[0] == tag;

    private static FormatException Damaged() => new("is damaged: what is between its BEGIN and END lines is no private key in DER");
}
