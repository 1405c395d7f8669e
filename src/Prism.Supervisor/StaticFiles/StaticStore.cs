using System.Text.RegularExpressions;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.StaticFiles;

/// <summary>
/// The folder that holds a folder for each release, with its <see cref="FileList"/> beside it, and two links that outlive the supervisor:
/// `current`, the last release that has proven itself, and `previous`, the one before. What has another name is not ours and stays.
/// </summary>
internal sealed partial class StaticStore : IDisposable
{
    public const string Current = "current";
    public const string Previous = "previous";

    private const string Ending = ".releases";
    private const string Half = "half-";
    private const string Found = "found-";
    private const string Link = "link-";
    private const string ListEnding = ".files";

    // Whatever the umask is: a web server that reads as anybody could pass before, and above it the state directory says who may.
    private const int FolderMode = 0b111_101_101;

    private readonly Dictionary<string, bool> complete = new(StringComparer.Ordinal);

    private StaticStore(Folder folder, string path) => (Folder, Path) = (folder, path);

    public Folder Folder { get; }

    public string Path { get; }

    /// <summary>Beside the public path, so that it can be exchanged for what lies there and whoever reaches it reaches this; where nothing can be made there, in the state directory. Throws IOException or UnauthorizedAccessException.</summary>
    public static StaticStore Open(string publicPath, string stateDirectory)
    {
        var beside = publicPath + Ending;
        try
        {
            return At(beside);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException && !Space.IsGone(fault))
        {
            return At(System.IO.Path.Combine(stateDirectory, System.IO.Path.GetFileName(beside)));
        }
    }

    /// <summary>The path of the last release that has proven itself, by its name alone; null: there is none.</summary>
    public static string? LastServed(string publicPath, string stateDirectory)
    {
        var beside = publicPath + Ending;
        return new[] { beside, System.IO.Path.Combine(stateDirectory, System.IO.Path.GetFileName(beside)) }
            .Select(place => new FileInfo($"{place}/{Current}").LinkTarget is { } name && IsRelease(name) ? $"{place}/{name}" : null)
            .FirstOrDefault(path => path is not null);
    }

    /// <summary>One that has been opened before.</summary>
    public static StaticStore Reopen(string path) => new(Folder.At(path) ?? throw new DirectoryNotFoundException($"{path} is gone"), path);

    public static bool IsRelease(string name) => ReleaseName().IsMatch(name);

    /// <summary>A name of its own for a folder in the making.</summary>
    public static string NewHalf() => Half + Unique();

    public static string NewFound() => Found + Unique();

    public static string NewLink() => Link + Unique();

    /// <summary>The release that a link of the store names; null: none.</summary>
    public string? Recorded(string link) => Folder.LinkTarget(link) is { } name && IsRelease(name) ? name : null;

    /// <summary>The last release that has proven itself; null: there is none, or no longer all of it.</summary>
    public string? Serving() => Recorded(Current) is { } name && IsComplete(name) ? name : null;

    public void Record(string link, string name)
    {
        var fresh = NewLink();
        Folder.MakeLink(name, fresh);
        if (Folder.Rename(fresh, Folder, link) is not 0 and var error)
        {
            _ = Folder.Remove(fresh, isFolder: false);
            throw Errno.Failure($"rename({link})", error);
        }
    }

    public FileList? ListOf(string name) => FileList.Read(Folder, name + ListEnding);

    /// <summary>The complete folders of a fingerprint, the latest first.</summary>
    public IEnumerable<string> Of(string fingerprint) => Folder.Names()
        .Where(name => IsRelease(name) && (name == Stem(fingerprint) || name.StartsWith($"{Stem(fingerprint)}.", StringComparison.Ordinal)) && IsComplete(name))
        .OrderByDescending(name => name.Length).ThenByDescending(name => name, StringComparer.Ordinal);

    public static bool IsOf(string name, string fingerprint) => name.Split('.')[0] == Stem(fingerprint);

    /// <summary>Gives a folder in the making its final name, and then the list that makes it complete. Yields the name.</summary>
    public string Complete(string half, string? fingerprint, DateTimeOffset now, FileList list)
    {
        var stem = fingerprint is null ? $"{now.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{Unique()}" : Stem(fingerprint);
        for (var number = 1; ; number++)
        {
            var name = number == 1 ? stem : $"{stem}.{number}";
            switch (Folder.Find(name + ListEnding) is null ? Folder.RenameToFree(half, Folder, name) : Errno.Exists)
            {
                case 0:
                    list.Write(Folder, name + ListEnding);
                    return name;
                case Errno.Exists:
                    break;
                case var error:
                    throw Errno.Failure($"rename({half})", error);
            }
        }
    }

    /// <summary>Removes folders and lists that are ours, save these and those that are in use, and what supervisors that were killed have left half-made. Yields what could not be removed.</summary>
    public IReadOnlyList<string> Sweep(IReadOnlySet<string> kept)
    {
        var names = Folder.Names();
        var stuck = new List<string>();
        foreach (var name in names.Where(name => IsOurs(name) && !kept.Contains(name)))
        {
            using var folder = Folder.Open(name);
            if (folder?.Claim() == false)
            {
                continue;
            }

            // First what makes it complete: a half-removed one is then half-made.
            _ = Folder.Remove(name + ListEnding, isFolder: false);
            if (!FileTree.Remove(Folder, name))
            {
                stuck.Add(name);
            }
        }

        var left = Folder.Names().ToHashSet(StringComparer.Ordinal);
        foreach (var name in left.Where(name => ListName().Match(name) is { Success: true } list && (name.EndsWith(".new", StringComparison.Ordinal) || !left.Contains(list.Groups[1].Value))))
        {
            _ = Folder.Remove(name, isFolder: false);
        }

        return stuck;
    }

    public void Dispose() => Folder.Dispose();

    private static StaticStore At(string path)
    {
        if (new DirectoryInfo(path).LinkTarget is { } target)
        {
            throw new UnauthorizedAccessException($"{path} is a link (to {target}{(Directory.Exists(path) ? "" : ", where nothing is")}) and has to be a folder of its own: remove the link");
        }

        if (!Directory.Exists(path))
        {
            _ = Directory.CreateDirectory(path);
            File.SetUnixFileMode(path, (UnixFileMode)FolderMode);
        }

        var folder = Folder.At(path) ?? throw new DirectoryNotFoundException($"{path} is no folder");
        try
        {
            // Whether anything can be made in it, and not only seen.
            var probe = NewLink();
            folder.MakeLink(".", probe);
            _ = folder.Remove(probe, isFolder: false);
            return new StaticStore(folder, path);
        }
        catch (System.ComponentModel.Win32Exception fault) when (!Space.IsGone(fault))
        {
            folder.Dispose();
            throw new UnauthorizedAccessException($"nothing can be made in {path}: {fault.Message}", fault);
        }
    }

    /// <summary>Looked at once, since each name of it is.</summary>
    private bool IsComplete(string name)
    {
        if (!complete.TryGetValue(name, out var isComplete))
        {
            using var folder = Folder.Open(name);
            isComplete = folder is not null && ListOf(name) is { } list && list.IsWhole(folder);
            complete[name] = isComplete;
        }

        return isComplete;
    }

    private static bool IsOurs(string name) => IsRelease(name) || OtherName().IsMatch(name);

    private static string Stem(string fingerprint) => fingerprint.PadRight(32, '0')[..32];

    private static string Unique() => Guid.NewGuid().ToString("N")[..12];

    [GeneratedRegex(@"^([0-9a-f]{32}|[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12})(\.[0-9]{1,9})?\z")]
    private static partial Regex ReleaseName();

    [GeneratedRegex(@"^(half|found|link)-[0-9a-f]{12}\z")]
    private static partial Regex OtherName();

    [GeneratedRegex(@"^(([0-9a-f]{32}|[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12})(\.[0-9]{1,9})?)\.files(\.new)?\z")]
    private static partial Regex ListName();
}
