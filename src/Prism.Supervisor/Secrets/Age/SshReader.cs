using System.Buffers.Binary;

namespace Prism.Supervisor.Secrets.Age;

/// <summary>Reads the fields of ssh's wire format (RFC 4251, section 5). A length is believed only as far as there are bytes.</summary>
internal ref struct SshReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> rest = bytes;

    public readonly ReadOnlySpan<byte> Rest => rest;

    /// <exception cref="FormatException">It is cut short.</exception>
    public ReadOnlySpan<byte> TakeBytes(uint length)
    {
        if (length > rest.Length)
        {
            throw new FormatException("is damaged: a part of the key is cut short");
        }

        var part = rest[..(int)length];
        rest = rest[(int)length..];
        return part;
    }

    public uint TakeNumber() => BinaryPrimitives.ReadUInt32BigEndian(TakeBytes(sizeof(uint)));

    public ReadOnlySpan<byte> TakeString() => TakeBytes(TakeNumber());
}
