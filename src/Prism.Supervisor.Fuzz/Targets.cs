using Prism.Supervisor.Interop;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Fuzz;

/// <summary>The readers of what nobody vouches for, by name. A target returns, whatever its input: anything it throws is a finding.</summary>
internal static class Targets
{
    /// <summary>Where the input is said to come from.</summary>
    public const string Where = "f.env";

    /// <summary>As long as the longest that may be quoted whole: the public half of an ssh-ed25519 key.</summary>
    private const int LongestQuote = 80;

    public static IReadOnlyDictionary<string, Action<byte[]>> All { get; } = new SortedDictionary<string, Action<byte[]>>(StringComparer.Ordinal)
    {
        ["age"] = AgeTarget.Run,
        ["bech32"] = Bech32Target.Run,
        ["command"] = CommandTarget.Run,
        ["dotenv"] = DotEnvTarget.Run,
        ["environment"] = EnvironmentTarget.Run,
        ["sops"] = SopsTarget.Run,
        ["sshkey"] = SshKeyTarget.Run,
    };

    /// <summary>The answer of a reader, or null if it refused its input with the one exception that it documents.</summary>
    public static T? Refusable<TRefusal, T>(byte[] input, Func<T?> read)
        where TRefusal : Exception
        where T : class
    {
        try
        {
            return read();
        }
        catch (TRefusal refusal)
        {
            RequireDiscretion(refusal.Message, input);
            return null;
        }
    }

    /// <summary>What is said of a file is one line without control characters, and no long piece of the file.</summary>
    public static void RequireDiscretion(string said, byte[] input)
    {
        Finding.Unless(said.Length > 0 && !said.Any(char.IsControl), "a message is empty or holds control characters");
        var bytes = ByteText.Encode(said);
        for (var i = 0; i + LongestQuote < bytes.Length; i++)
        {
            Finding.Unless(input.AsSpan().IndexOf(bytes.AsSpan(i, LongestQuote + 1)) < 0, "a message quotes a long piece of its input");
        }
    }

    /// <summary>As a file's text is read, with its own refusals; null for no text.</summary>
    public static string? Text(byte[] input)
    {
        var text = Refusable<StartupException, string>(input, () => SmallFile.Text(input, Where));
        Finding.Unless(text is null || ByteText.Encode(text).AsSpan().SequenceEqual(input), "bytes that are lost in text");
        return text;
    }
}
