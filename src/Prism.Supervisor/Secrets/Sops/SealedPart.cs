using System.Text;
using Prism.Supervisor.Secrets.Age;

namespace Prism.Supervisor.Secrets.Sops;

/// <summary>The data key, or a group's part of it, as it is sealed for one age recipient: who that is as far as it can be told, and what became of it.</summary>
internal sealed class SealedPart
{
    private readonly AgeFile? file;

    public SealedPart(AgeRecipient recipient, int group)
    {
        Group = group;
        try
        {
            file = AgeFile.ParseArmored(Encoding.UTF8.GetBytes(recipient.Encrypted ?? ""));
        }
        catch (FormatException fault)
        {
            Fault = fault.Message;
        }

        OtherKind = file is null ? RecipientName.OtherKind(recipient.Label) : RecipientName.OtherKind(recipient.Label, file.RecipientTypes);
        Label = recipient.Label;
    }

    public int Group { get; }

    /// <summary>What kind of key it is for, if that is one that cannot be used here.</summary>
    public string? OtherKind { get; }

    public string? OpenedBy { get; private set; }

    public string? Fault { get; private set; }

    /// <summary>For a line that names several.</summary>
    public string ShortName => OtherKind ?? RecipientName.Short(Label);

    private string Label { get; }

    /// <summary>The content for the first key that opens it, or null; a stanza that is malformed, or of one's own and does not open, ends the search (age.go: decryptHdr).</summary>
    public byte[]? Open(IReadOnlyList<HeldKey> keys)
    {
        try
        {
            foreach (var key in file is null ? [] : keys)
            {
                if (file!.Open(key.Identity) is { } bytes)
                {
                    OpenedBy = key.Source;
                    return bytes;
                }
            }
        }
        catch (FormatException fault)
        {
            Fault = fault.Message;
        }

        return null;
    }

    public RecipientFinding Finding() => new(
        OtherKind ?? RecipientName.Whole(Label), Group, OpenedBy, Fault ?? (OtherKind is null || OpenedBy is not null ? null : "is not supported here"));
}
