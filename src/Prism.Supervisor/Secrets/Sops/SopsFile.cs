using System.Globalization;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Secrets.Sops;

/// <summary>A dotenv file as sops writes it: its metadata for all, its values for one who has the data key, and only once the MAC holds.</summary>
internal sealed class SopsFile
{
    private const string MetadataMark = "sops_";

    private readonly string where;
    private readonly IReadOnlyList<DotEnvLine> lines;

    private SopsFile(string where, IReadOnlyList<DotEnvLine> lines, SopsMetadata metadata) =>
        (this.where, this.lines, Metadata) = (where, lines, metadata);

    public SopsMetadata Metadata { get; }

    /// <summary>A line of metadata makes a sops file; whether the file is whole and well is Parse's question.</summary>
    public static bool Recognizes(string text) =>
        text.StartsWith(MetadataMark, StringComparison.Ordinal) || text.Contains("\n" + MetadataMark, StringComparison.Ordinal);

    public static SopsFile Parse(string text, string where)
    {
        var lines = DotEnv.Parse(text, where);
        var metadata = lines.Where(IsMetadata).ToList();
        return metadata.Count > 0
            ? new SopsFile(where, [.. lines.Where(l => !IsMetadata(l))], SopsMetadata.Read(MetadataTree.Build(metadata, where), where))
            : throw Refusal.Because($"{where}: has no sops metadata; it was never encrypted, or is cut short: encrypt it with sops, or restore it from its history");
    }

    /// <summary>Every line that is not metadata, decrypted. Nothing leaves before the whole file is authenticated.</summary>
    public IReadOnlyList<SopsEntry> Decrypt(byte[] dataKey)
    {
        if (dataKey.Length != SopsValue.KeyLength)
        {
            throw Refusal.Because(string.Create(CultureInfo.InvariantCulture, $"{where}: its data key has {dataKey.Length} bytes instead of {SopsValue.KeyLength}; encrypt the file anew"));
        }

        var mac = new SopsMac(Metadata.MacOnlyEncrypted);
        var entries = lines.Select(line => line.Name is null ? DecryptComment(line, dataKey) : DecryptVariable(line, line.Name, dataKey, mac)).ToList();
        CheckMac(mac, dataKey);
        return entries;
    }

    public static bool IsMetadata(DotEnvLine line) => line.Name?.StartsWith(MetadataMark, StringComparison.Ordinal) is true;

    private SopsEntry DecryptVariable(DotEnvLine line, string name, byte[] dataKey, SopsMac mac)
    {
        if (line.Text.Length == 0)
        {
            return new SopsEntry(line.Number, name, "", EntryKind.Empty);
        }

        var encrypted = SopsValue.Claims(line.Text);
        if ((Metadata.Rule.WantsEncrypted(name) ?? encrypted) != encrypted)
        {
            throw Refuse(line, name, encrypted
                ? "is encrypted although the file's rule says it is clear"
                : "is not encrypted although the file's rule says it is; if the value was put in by hand, it is no secret any more: change it with sops");
        }

        if (!encrypted)
        {
            var clear = DotEnv.Unescape(line.Text);
            mac.Add(clear, encrypted: false);
            return new SopsEntry(line.Number, name, clear, EntryKind.Clear);
        }

        var value = SopsValue.TryParse(line.Text) ?? throw Refuse(line, name, "is not a whole ENC[AES256_GCM,…] with an IV of 32 and a tag of 16 bytes");
        var text = Decode(line, name, value.Open(dataKey, name + ":") ?? throw Refuse(line, name, "does not decrypt: it was altered, or belongs to another name or file"));
        var typed = TypedText.TryRead(value.Type, text) ?? throw Refuse(line, name, "has a type that its value cannot have, or that sops does not write into dotenv files");
        mac.Add(typed.Authenticated, encrypted: true);
        return new SopsEntry(line.Number, name, typed.Shown, value.Type == "str" ? EntryKind.Encrypted : EntryKind.Typed);
    }

    /// <summary>A comment that does not decrypt stays as it is, as in sops: comments are outside the MAC and nobody's value.</summary>
    private static SopsEntry DecryptComment(DotEnvLine line, byte[] dataKey)
    {
        var clear = SopsValue.TryParse(line.Text) is { Type: "comment" } value ? value.Open(dataKey, ":") : null;
        return new SopsEntry(line.Number, null, clear is null ? line.Text : ByteText.Decode(clear), EntryKind.Comment);
    }

    private string Decode(DotEnvLine line, string name, byte[] clear) => clear.Contains((byte)0)
        ? throw Refuse(line, name, "holds a NUL character, which no environment can carry")
        : ByteText.Decode(clear);

    private void CheckMac(SopsMac mac, byte[] dataKey)
    {
        if (string.IsNullOrEmpty(Metadata.Mac))
        {
            throw Refusal.Because($"{where}: has no MAC; it is cut short or edited by hand: restore it from its history");
        }

        if (SopsValue.TryParse(Metadata.Mac) is not { Type: "str" } value || value.Open(dataKey, Metadata.LastModified) is not { } expected)
        {
            throw Refusal.Because($"{where}: its MAC does not decrypt; the MAC or the date of the file was altered: restore the file from its history");
        }

        if (!mac.Matches(expected))
        {
            throw Refusal.Because($"{where}: its MAC does not match; a value was altered, added, removed or moved without sops: restore the file from its history");
        }
    }

    private StartupException Refuse(DotEnvLine line, string name, string why) =>
        Refusal.Because(string.Create(CultureInfo.InvariantCulture, $"{where}: line {line.Number}: {Quoted.Name(name)} {why}"));
}
