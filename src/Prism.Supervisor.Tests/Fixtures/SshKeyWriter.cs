using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Prism.Supervisor.Tests.Fixtures;

/// <summary>Writes ssh private keys in every container that age takes; each part of an OpenSSH one can be spoiled.</summary>
internal static class SshKeyWriter
{
    public static byte[] PublicHalf(byte[] seed)
    {
        var point = new byte[32];
        Ed25519.GeneratePublicKey(seed, 0, point, 0);
        return point;
    }

    public static byte[] Wire(string type, params byte[][] fields) => [.. String(Encoding.ASCII.GetBytes(type)), .. fields.SelectMany(String)];

    public static string Line(byte[] wire, string type) => $"{type} {Convert.ToBase64String(wire)}";

    public static string Ed25519Key(byte[] seed, byte[]? half = null, byte[]? stored = null, byte[]? outer = null) => OpenSsh(
        Wire("ssh-ed25519", outer ?? PublicHalf(seed)),
        Wire("ssh-ed25519", half ?? PublicHalf(seed), [.. seed, .. stored ?? PublicHalf(seed)]));

    public static string RsaKey(RSAParameters key, Func<RSAParameters, byte[]>? modulus = null) => OpenSsh(
        Wire("ssh-rsa", Positive(key.Exponent!), Positive(key.Modulus!)),
        Wire("ssh-rsa", modulus?.Invoke(key) ?? Positive(key.Modulus!), Positive(key.Exponent!), Positive(key.D!), Positive(key.InverseQ!), Positive(key.P!), Positive(key.Q!)));

    /// <summary>openssh-key-v1 (OpenSSH's PROTOCOL.key) around the fields of a private key.</summary>
    public static string OpenSsh(
        byte[] publicHalf, byte[] fields, string cipher = "none", string derivation = "none", byte[]? options = null, uint keys = 1, uint check = 7, byte[]? padding = null, byte[]? trailer = null)
    {
        byte[] open = [.. Number(7), .. Number(check), .. fields, .. String(Encoding.ASCII.GetBytes("comment"))];
        byte[] padded = [.. open, .. padding ?? [.. Enumerable.Range(1, (8 - (open.Length % 8)) % 8).Select(i => (byte)i)]];
        return Pem("OPENSSH PRIVATE KEY", [
            .. Encoding.ASCII.GetBytes("openssh-key-v1\0"), .. String(Encoding.ASCII.GetBytes(cipher)), .. String(Encoding.ASCII.GetBytes(derivation)), .. String(options ?? []),
            .. Number(keys), .. String(publicHalf), .. String(padded), .. trailer ?? []]);
    }

    public static string Pem(string label, byte[] bytes) =>
        $"-----BEGIN {label}-----\n{string.Join('\n', Convert.ToBase64String(bytes).Chunk(70).Select(line => new string(line)))}\n-----END {label}-----\n";

    public static byte[] Bytes(string pem) => Convert.FromBase64String(string.Concat(pem.Split('\n').Where(line => !line.StartsWith('-'))));

    /// <summary>An mpint: with a zero before a first bit that is set.</summary>
    public static byte[] Positive(byte[] number)
    {
        var shortest = number.AsSpan().TrimStart((byte)0).ToArray();
        return shortest is [> 0x7f, ..] ? [0, .. shortest] : shortest;
    }

    private static byte[] String(byte[] bytes) => [.. Number((uint)bytes.Length), .. bytes];

    private static byte[] Number(uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }
}
