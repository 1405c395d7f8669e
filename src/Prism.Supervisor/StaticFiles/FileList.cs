using Prism.Supervisor.Interop;

namespace Prism.Supervisor.StaticFiles;

/// <summary>Lies beside a release's folder, outside of what is served, and says by being there that the folder is complete: which files are the release's own, and which releases' files it was lent.</summary>
/// <param name="Lenders">The names of those whose files it was lent.</param>
/// <param name="Own">The paths of the files that were collected; lent ones are not lent again.</param>
internal sealed record FileList(IReadOnlySet<string> Lenders, IReadOnlySet<string> Own)
{
    private const string Version = "1";

    // Names may hold anything but NUL and slash, line ends too.
    private const byte End = 0;

    /// <summary>Null when there is none, or none of ours.</summary>
    public static FileList? Read(Folder store, string name)
    {
        const long limit = 64 * 1024 * 1024;
        if (store.Find(name) is not { Kind: EntryKind.File, Size: < limit })
        {
            return null;
        }

        try
        {
            var texts = Texts(File.ReadAllBytes(store.PathOf(name)));
            return texts is [Version, ..] && texts.IndexOf("") is > 0 and var middle
                ? new FileList(texts[1..middle].ToHashSet(StringComparer.Ordinal), texts[(middle + 1)..].ToHashSet(StringComparer.Ordinal))
                : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>There as a whole or not at all, also after a power cut, and with it all that was written to the file system before.</summary>
    public void Write(Folder store, string name)
    {
        var fresh = $"{name}.new";
        _ = store.Remove(fresh, isFolder: false);
        using (var file = new FileStream(store.PathOf(fresh), FileMode.CreateNew))
        {
            foreach (var text in (string[])[Version, .. Lenders, "", .. Own])
            {
                file.Write(ByteText.Encode(text));
                file.WriteByte(End);
            }
        }

        store.Flush();
        if (store.Rename(fresh, store, name) is not 0 and var error)
        {
            throw Errno.Failure($"rename({fresh})", error);
        }
    }

    private static List<string> Texts(ReadOnlySpan<byte> bytes)
    {
        var texts = new List<string>();
        while (bytes.IndexOf(End) is >= 0 and var length)
        {
            texts.Add(ByteText.Decode(bytes[..length]));
            bytes = bytes[(length + 1)..];
        }

        return texts;
    }
}
