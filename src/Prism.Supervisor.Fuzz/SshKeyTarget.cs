using Prism.Supervisor.Secrets.Age;

namespace Prism.Supervisor.Fuzz;

/// <summary>Age/SshKey: private keys of ssh in their four containers. PEM is read, and what is in it given as it stands too: base64 hides its inside from a fuzzer.</summary>
internal static class SshKeyTarget
{
    private static readonly string[] Labels = ["OPENSSH PRIVATE KEY", "RSA PRIVATE KEY", "PRIVATE KEY"];

    public static void Run(byte[] input)
    {
        RequireIdentities(input, () => SshKey.Parse(input));
        if (input.AsSpan().StartsWith("-----"u8))
        {
            return;
        }

        foreach (var label in Labels)
        {
            var lines = Convert.ToBase64String(input).Chunk(64).Select(line => new string(line));
            var pem = $"-----BEGIN {label}-----\n{string.Join('\n', lines)}\n-----END {label}-----\n";
            RequireIdentities(input, () => SshKey.Parse(System.Text.Encoding.ASCII.GetBytes(pem)));
        }
    }

    private static void RequireIdentities(byte[] input, Func<IReadOnlyList<Identity>> parse)
    {
        var identities = Targets.Refusable<FormatException, IReadOnlyList<Identity>>(input, parse);
        Finding.Unless(identities is not { Count: 0 }, "a key file without a key");
        foreach (var identity in identities ?? [])
        {
            Finding.Unless(identity.Recipient.Length > 0 && !identity.Recipient.Any(char.IsControl), "a key without a proper recipient");
            identity.Dispose();
        }
    }
}
