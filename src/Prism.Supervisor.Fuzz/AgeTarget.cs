using System.Text;
using Prism.Supervisor.Secrets.Age;

namespace Prism.Supervisor.Fuzz;

/// <summary>Age/AgeFile, armored or not: there is one way to write what is read, and what opens is what was sealed for this key.</summary>
internal static class AgeTarget
{
    /// <summary>The key of the sops fixtures (Fixtures/sops/keys/alice.txt): what is made for it opens here.</summary>
    public const string Key = "AGE-SECRET-KEY-140DG77J6D6NC4PY3HLPKR90LWTY45SCKY9VSPVLF7JL7WPZFKE7SLKWQG4";

    /// <summary>How the content of every file of the corpus begins that opens; nobody else has made one for this key.</summary>
    private const string Content = "seed";

    private const int Columns = 64;

    private static readonly Identity Ours = KeyFile.Parse(Encoding.ASCII.GetBytes(Key)).Single();

    public static void Run(byte[] input)
    {
        var binary = input.AsSpan().StartsWith("age-"u8) ? input : Targets.Refusable<FormatException, byte[]>(input, () => Armor.Decode(input));
        if (binary is null)
        {
            return;
        }

        if (binary != input)
        {
            var plain = Encoding.Latin1.GetString(input).Replace("\r\n", "\n", StringComparison.Ordinal).Trim(' ', '\t', '\r', '\n', '\v', '\f');
            Finding.Unless(plain == Armored(binary), "armor that has two spellings");
        }

        if (Targets.Refusable<FormatException, Header>(input, () => Header.Parse(binary)) is not { } header)
        {
            return;
        }

        Finding.Unless(header.Stanzas.All(s => s.Type.Length > 0 && s.Arguments.All(a => a.Length > 0)), "a recipient with an empty argument");
        Finding.Unless(Print(header) == Encoding.Latin1.GetString(header.Authenticated), "a header that has two spellings");
        var opened = Targets.Refusable<FormatException, byte[]>(input, () => AgeFile.Parse(binary).Open(Ours));
        Finding.Unless(opened is null || Encoding.Latin1.GetString(opened).StartsWith(Content, StringComparison.Ordinal), "a forged file opens");
    }

    private static string Armored(byte[] binary) => string.Join(
        '\n',
        ["-----BEGIN AGE ENCRYPTED FILE-----", .. Wrap(Convert.ToBase64String(binary)), "-----END AGE ENCRYPTED FILE-----"]);

    /// <summary>As age writes it (age-encryption.org/v1), up to the MAC.</summary>
    private static string Print(Header header)
    {
        var text = new StringBuilder("age-encryption.org/v1\n");
        foreach (var stanza in header.Stanzas)
        {
            text.Append("-> ").AppendJoin(' ', [stanza.Type, .. stanza.Arguments]).Append('\n');
            var body = Convert.ToBase64String(stanza.Body).TrimEnd('=');
            text.AppendJoin('\n', Wrap(body)).Append(body.Length > 0 ? "\n" : "").Append(body.Length % Columns == 0 ? "\n" : "");
        }

        return text.Append("---").ToString();
    }

    private static IEnumerable<string> Wrap(string text) => text.Chunk(Columns).Select(line => new string(line));
}
