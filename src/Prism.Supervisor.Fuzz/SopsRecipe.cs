using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Secrets.Sops;

namespace Prism.Supervisor.Fuzz;

/// <summary>
/// A dotenv file that says what to put into a sops file under a fixed key: NAME=text, NAME=TYPE:text (int, float, bool, time, bytes,
/// comment), NAME=clear:text, #text, #!text for an encrypted comment, and meta_NAME=text for a line of metadata in place of ours.
/// </summary>
internal sealed class SopsRecipe
{
    private const string MetaMark = "meta_";
    private const string Modified = "2026-01-02T03:04:05Z";

    private static readonly string[] Types = ["str", "int", "float", "bool", "time", "bytes", "comment", "clear"];

    private readonly List<(string? Name, string Type, string Text)> entries = [];
    private readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal)
    {
        ["lastmodified"] = Modified,
        ["version"] = "3.13.2",
        ["unencrypted_suffix"] = "_unencrypted",
    };

    private SopsRecipe(IEnumerable<DotEnvLine> lines)
    {
        MustOpen = true;
        foreach (var line in lines)
        {
            if (line.Name?.StartsWith(MetaMark, StringComparison.Ordinal) is true)
            {
                metadata[line.Name[MetaMark.Length..]] = line.Text;
                MustOpen = false;
                continue;
            }

            var colon = line.Text.IndexOf(':', StringComparison.Ordinal);
            var type = colon > 0 && Types.Contains(line.Text[..colon]) && line.Name is not null ? line.Text[..colon] : null;
            var text = type is null ? line.Text : line.Text[(colon + 1)..];
            var isSecret = line.Name is null && text.StartsWith('!');
            type ??= line.Name is not null ? "str" : isSecret ? "comment" : "clear";
            text = isSecret ? text[1..] : text;
            entries.Add((line.Name, text.Length == 0 ? "clear" : type, DotEnv.Unescape(text)));
            var isClear = line.Name?.EndsWith("_unencrypted", StringComparison.Ordinal) is true;
            MustOpen &= line.Name is null || text.Length == 0
                || (type == "clear" ? isClear && !SopsValue.Claims(text) : !isClear && TypedText.TryRead(type, DotEnv.Unescape(text)) is not null);
        }
    }

    public static byte[] DataKey { get; } = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    /// <summary>Whether nothing in it gives the reader a reason to refuse.</summary>
    public bool MustOpen { get; }

    /// <summary>Null for what is no recipe.</summary>
    public static SopsRecipe? TryParse(string text)
    {
        try
        {
            return new SopsRecipe(DotEnv.Parse(text, Targets.Where));
        }
        catch (StartupException)
        {
            return null;
        }
    }

    public string File()
    {
        var file = new StringBuilder();
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        var onlyEncrypted = metadata.GetValueOrDefault("mac_only_encrypted") == "true";
        digest.AppendData(onlyEncrypted ? SHA256.HashData("sops"u8) : []);
        foreach (var (name, type, text) in entries)
        {
            if (name is null)
            {
                file.Append('#').Append(type == "clear" ? DotEnv.Escape(text) : Encrypt(text, type, ":")).Append('\n');
                continue;
            }

            file.Append(name).Append('=').Append(type == "clear" ? DotEnv.Escape(text) : Encrypt(text, type, name + ":")).Append('\n');
            if (type != "clear" || !onlyEncrypted)
            {
                digest.AppendData(ByteText.Encode(type == "clear" ? text : TypedText.TryRead(type, text)?.Authenticated ?? text));
            }
        }

        foreach (var (name, text) in metadata)
        {
            file.Append(CultureInfo.InvariantCulture, $"sops_{name}={text}\n");
        }

        return metadata.ContainsKey("mac") ? file.ToString()
            : file.Append(CultureInfo.InvariantCulture, $"sops_mac={Encrypt(Convert.ToHexString(digest.GetHashAndReset()), "str", metadata["lastmodified"])}\n").ToString();
    }

    /// <summary>Every line in its order: names and texts as they went in, typed ones as sops prints them.</summary>
    public bool IsReadIn(IReadOnlyList<SopsEntry> read) => read.Count == entries.Count && entries.Zip(read).All(pair =>
        pair.First.Name == pair.Second.Name
        && pair.Second.Text == (pair.First switch
        {
            (null, "clear", var text) => DotEnv.Escape(text),
            (null, _, var text) => text,
            (_, "clear", var text) => text,
            (_, var type, var text) => TypedText.TryRead(type, text)?.Shown,
        }));

    private static string Encrypt(string text, string type, string associated)
    {
        var (clear, iv) = (ByteText.Encode(text), SHA256.HashData(ByteText.Encode(associated)));
        var cipher = new GcmBlockCipher(AesUtilities.CreateEngine());
        cipher.Init(forEncryption: true, new AeadParameters(new KeyParameter(DataKey), 128, iv, ByteText.Encode(associated)));
        var box = new byte[clear.Length + 16];
        cipher.DoFinal(box, cipher.ProcessBytes(clear, 0, clear.Length, box, 0));
        return $"ENC[AES256_GCM,data:{Convert.ToBase64String(box[..^16])},iv:{Convert.ToBase64String(iv)},tag:{Convert.ToBase64String(box[^16..])},type:{type}]";
    }
}
