using System.Globalization;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.StaticFiles;

/// <summary>Lies beside a release's folder, outside of what is served, and says by being there that the folder is complete: which files are the release's own, and which releases' files it was lent.</summary>
/// <param name="Lenders">The names of those whose files it was lent.</param>
/// <param name="Sizes">The files that were collected, by their paths, and how many bytes each held then; lent ones are not lent again.</param>
internal sealed record FileList(IReadOnlySet<string> Lenders, IReadOnlyDictionary<string, long> Sizes)
{
    private const string Version = "2";

    // Names may hold anything but NUL and slash, line ends too.
    private const byte End = 0;

    /// <summary>The paths of the files that were collected.</summary>
    public IEnumerable<string> Own => Sizes.Keys;

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
                ? new FileList(texts[1..middle].ToHashSet(StringComparer.Ordinal), texts[(middle + 1)..].Select(Parsed).ToDictionary(StringComparer.Ordinal))
                : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or FormatException or OverflowException or ArgumentException)
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
            foreach (var text in (string[])[Version, .. Lenders, "", .. Sizes.Select(file => string.Create(CultureInfo.InvariantCulture, $"{file.Value} {file.Key}"))])
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

    /// <summary>Whether all of its own files are in the folder as they were collected, as far as a look at each can tell.</summary>
    public bool IsWhole(Folder folder)
    {
        var found = FileTree.Sizes(folder);
        return Sizes.All(file => found.TryGetValue(file.Key, out var size) && size == file.Value);
    }

    private static KeyValuePair<string, long> Parsed(string text)
    {
        var blank = text.IndexOf(' ', StringComparison.Ordinal);
        return blank < 0
            ? throw new FormatException("no size")
            : KeyValuePair.Create(text[(blank + 1)..], long.Parse(text.AsSpan(0, blank), NumberStyles.None, CultureInfo.InvariantCulture));
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
