using System.Security.Cryptography;
using System.Text;

namespace Prism.Supervisor.Secrets.Age;

/// <summary>Bech32 as age uses it: BIP 173's checksum without its length limit. Works on bytes, so that a key need not become a string.</summary>
internal static class Bech32
{
    private const int ChecksumLength = 6;

    private static ReadOnlySpan<byte> Alphabet => "qpzry9x8gf2tvdw0s3jn54khce6mua7l"u8;

    /// <summary>The data under the wanted prefix, or null: wrong prefix, mixed case, strange characters, wrong checksum, leftover bits.</summary>
    public static byte[]? Decode(ReadOnlySpan<byte> text, ReadOnlySpan<byte> prefix)
    {
        var separator = text.LastIndexOf((byte)'1');
        if (separator < 0 || !text[..separator].SequenceEqual(prefix) || text.Length - separator - 1 < ChecksumLength)
        {
            return null;
        }

        var upper = prefix.IndexOfAnyInRange((byte)'A', (byte)'Z') >= 0;
        var values = new byte[text.Length - separator - 1];
        for (var i = 0; i < values.Length; i++)
        {
            var c = text[separator + 1 + i];
            if (upper ? char.IsAsciiLetterLower((char)c) : char.IsAsciiLetterUpper((char)c))
            {
                CryptographicOperations.ZeroMemory(values);
                return null;
            }

            var value = Alphabet.IndexOf(upper && char.IsAsciiLetterUpper((char)c) ? (byte)(c | 0x20) : c);
            if (value < 0)
            {
                CryptographicOperations.ZeroMemory(values);
                return null;
            }

            values[i] = (byte)value;
        }

        var data = Checksum(prefix, values) == 1 ? Regroup(values.AsSpan(..^ChecksumLength), 5, 8, pad: false) : null;
        CryptographicOperations.ZeroMemory(values);
        return data;
    }

    public static string Encode(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> data)
    {
        var values = Regroup(data, 8, 5, pad: true)!;
        var checksum = Checksum(prefix, [.. values, .. new byte[ChecksumLength]]) ^ 1;
        var text = new StringBuilder(Encoding.ASCII.GetString(prefix)).Append('1');
        foreach (var value in values)
        {
            text.Append((char)Alphabet[value]);
        }

        for (var i = ChecksumLength - 1; i >= 0; i--)
        {
            text.Append((char)Alphabet[(int)(checksum >> (5 * i)) & 31]);
        }

        return text.ToString();
    }

    private static uint Checksum(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> values)
    {
        var sum = 1u;
        foreach (var c in prefix)
        {
            sum = Step(sum, Lower(c) >> 5);
        }

        sum = Step(sum, 0);
        foreach (var c in prefix)
        {
            sum = Step(sum, Lower(c) & 31);
        }

        foreach (var value in values)
        {
            sum = Step(sum, value);
        }

        return sum;
    }

    private static int Lower(byte c) => char.IsAsciiLetterUpper((char)c) ? c | 0x20 : c;

    /// <summary>One step of the BCH code over GF(32), with BIP 173's generator.</summary>
    private static uint Step(uint sum, int value)
    {
        ReadOnlySpan<uint> generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
        var top = sum >> 25;
        sum = ((sum & 0x1ffffff) << 5) ^ (uint)value;
        for (var i = 0; i < generator.Length; i++)
        {
            sum ^= ((top >> i) & 1) * generator[i];
        }

        return sum;
    }

    private static byte[]? Regroup(ReadOnlySpan<byte> values, int from, int to, bool pad)
    {
        // Of its exact length: a list would leave copies behind.
        var result = new byte[((values.Length * from) + (pad ? to - 1 : 0)) / to];
        var (bits, held, count) = (0u, 0, 0);
        foreach (var value in values)
        {
            bits = ((bits << from) | value) & 0xfff;
            for (held += from; held >= to; held -= to)
            {
                result[count++] = (byte)((bits >> (held - to)) & ((1u << to) - 1));
            }
        }

        var rest = bits & ((1u << held) - 1);
        if (pad && held > 0)
        {
            result[count] = (byte)((rest << (to - held)) & ((1u << to) - 1));
        }

        if (pad || (held < from && rest == 0))
        {
            return result;
        }

        CryptographicOperations.ZeroMemory(result);
        return null;
    }
}
