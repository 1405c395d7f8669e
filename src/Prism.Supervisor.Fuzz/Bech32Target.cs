using System.Text;
using Prism.Supervisor.Secrets.Age;

namespace Prism.Supervisor.Fuzz;

/// <summary>Age/Bech32 and the key files that are written in it.</summary>
internal static class Bech32Target
{
    private static readonly byte[][] Prefixes = [.. new[] { "age", "AGE-SECRET-KEY-", "age-secret-key-" }.Select(Encoding.ASCII.GetBytes)];

    public static void Run(byte[] input)
    {
        foreach (var prefix in Prefixes)
        {
            if (Bech32.Decode(input, prefix) is { } data)
            {
                var same = Encoding.Latin1.GetString(input).Equals(Bech32.Encode(prefix, data), StringComparison.OrdinalIgnoreCase);
                Finding.Unless(same, "a text that is decoded is not the one that is encoded");
            }

            var written = Bech32.Encode(prefix, input);
            written = char.IsAsciiLetterUpper((char)prefix[0]) ? written.ToUpperInvariant() : written;
            Finding.Unless(Bech32.Decode(Encoding.ASCII.GetBytes(written), prefix) is { } read && read.AsSpan().SequenceEqual(input), "what is encoded does not decode");
        }

        RequireKeys(Targets.Refusable<FormatException, IReadOnlyList<Identity>>(input, () => KeyFile.Parse(input)));
        RequireKeys(Targets.Refusable<FormatException, IReadOnlyList<Identity>>(input, () => KeyFile.ParseVariable(input)));
    }

    private static void RequireKeys(IReadOnlyList<Identity>? identities)
    {
        foreach (var identity in identities ?? [])
        {
            Finding.Unless(Bech32.Decode(Encoding.ASCII.GetBytes(identity.Recipient), "age"u8) is { Length: 32 }, "a key without a proper recipient");
            identity.Dispose();
        }

        Finding.Unless(identities is not { Count: 0 }, "a key file without a key");
    }
}
