namespace Prism.Supervisor.Secrets.Sops;

/// <summary>Shamir's secret sharing over GF(2^8) with AES's polynomial, as Vault and sops write it: each part is the y bytes and, last, its x.</summary>
internal static class Shamir
{
    /// <summary>The secret, or null if the parts do not fit together. Parts of different secrets give a wrong one: the caller's values will not open with it.</summary>
    public static byte[]? Combine(IReadOnlyList<byte[]> parts)
    {
        var length = parts[0].Length - 1;
        if (length < 1 || parts.Any(p => p.Length != length + 1))
        {
            return null;
        }

        var x = parts.Select(p => p[^1]).ToArray();
        if (x.Contains((byte)0) || x.Distinct().Count() != x.Length)
        {
            return null;
        }

        var secret = new byte[length];
        for (var i = 0; i < parts.Count; i++)
        {
            // Lagrange's basis polynomial of part i at zero; subtraction is xor.
            var basis = (byte)1;
            for (var j = 0; j < parts.Count; j++)
            {
                basis = i == j ? basis : Multiply(basis, Multiply(x[j], Inverse((byte)(x[i] ^ x[j]))));
            }

            for (var k = 0; k < length; k++)
            {
                secret[k] ^= Multiply(parts[i][k], basis);
            }
        }

        return secret;
    }

    private static byte Multiply(byte a, byte b)
    {
        var product = 0;
        for (var (left, right) = ((int)a, (int)b); right != 0; right >>= 1)
        {
            product ^= (right & 1) * left;
            left = (left << 1) ^ ((left >> 7) * 0x11b);
        }

        return (byte)product;
    }

    /// <summary>a to the 254th: the multiplicative group has 255 elements.</summary>
    private static byte Inverse(byte a)
    {
        var inverse = a;
        for (var i = 0; i < 6; i++)
        {
            inverse = Multiply(Multiply(inverse, inverse), a);
        }

        return Multiply(inverse, inverse);
    }
}
