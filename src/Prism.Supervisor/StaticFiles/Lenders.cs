using Prism.Supervisor.Interop;

namespace Prism.Supervisor.StaticFiles;

/// <summary>Whose files a new release is lent, so that pages which browsers still show find theirs: the own files of the release that serves, and those of a folder that is to be taken over.</summary>
internal sealed class Lenders : IDisposable
{
    // Says which release's files are named how, and is nobody else's to read: each release has its own or none.
    private const string Manifest = "staticfiles.json";

    private readonly StaticStore store;
    private readonly string? current;
    private readonly Folder? found;

    public Lenders(StaticStore store, PublicPath path)
    {
        this.store = store;
        current = store.Serving();
        found = path.Found(store);
        Names = Identities().ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>What they are called in lists.</summary>
    public IReadOnlySet<string> Names { get; }

    /// <summary>Whether a complete folder has what it would be lent now; nobody lends to itself.</summary>
    public bool HaveLentTo(string name) => store.ListOf(name) is { } list && Names.All(lender => lender == name || list.Lenders.Contains(lender));

    /// <summary>The release that serves, when it is the same down to the last byte: collected again without a need.</summary>
    public string? Twin(Folder made, IReadOnlyDictionary<string, long> own, string? fingerprint)
    {
        if (current is null || (fingerprint is not null && !StaticStore.IsOf(current, fingerprint)) || !HaveLentTo(current) || !own.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(store.ListOf(current)!.Own))
        {
            return null;
        }

        using var folder = store.Folder.Open(current);
        return folder is not null && FileTree.AreSame(made, folder, own.Keys) ? current : null;
    }

    /// <summary>Yields how many files could not be lent.</summary>
    public int LendTo(Folder folder)
    {
        var missing = 0;
        if (current is not null && store.ListOf(current) is { } list)
        {
            using var source = store.Folder.Open(current);
            missing += source is null ? list.Sizes.Count : FileTree.Lend(source, Without(list.Own), folder);
        }

        return missing + (found is null ? 0 : FileTree.Lend(found, Without(FileTree.Sizes(found).Keys), folder));
    }

    /// <summary>What the files of the release that serves take, in bytes; null: there is none.</summary>
    public long? CurrentSize()
    {
        using var folder = current is null ? null : store.Folder.Open(current);
        return folder is null ? found is null ? null : FileTree.Size(found) : FileTree.Size(folder);
    }

    public void Dispose() => found?.Dispose();

    private static HashSet<string> Without(IEnumerable<string> paths) => [.. paths.Where(path => path != Manifest)];

    private IEnumerable<string> Identities()
    {
        if (current is not null)
        {
            yield return current;
        }

        if (found is not null)
        {
            yield return $"found {found.Identity}";
        }
    }
}
