using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Secrets;

/// <summary>How the owner, mode and place of a file are taken: what is wrong with them stops a service, and is told to a person, who may know better.</summary>
/// <param name="Refuses">Whether a grave doubt stops the reading.</param>
/// <param name="Service">Whom the values are for, where that is not who reads them (exec, started by root).</param>
internal sealed record FileCare(bool Refuses, UserAndGroups? Service = null)
{
    public static FileCare ForService { get; } = new(Refuses: true);

    public static FileCare ForPerson { get; } = new(Refuses: false);

    /// <summary>For a service that runs as this user; null: as who reads the files.</summary>
    public static FileCare ForServiceOf(uint? user, IReadOnlyCollection<uint>? groups) =>
        user is { } number ? ForService with { Service = new UserAndGroups(number, groups ?? []) } : ForService;
}

/// <summary>Asks FileTrust about a file that was just opened, and about the folders that lead to it.</summary>
internal static class FileChecks
{
    /// <summary>What is wrong with it; grave only where the care refuses what is.</summary>
    /// <param name="given">The path it was opened by, whose own folders count too: it may hold symbolic links; null for a descriptor, which no folder can exchange any more.</param>
    public static List<FileDoubt> Doubts(FileContent content, FileStatus file, string? given, FileCare care)
    {
        var trust = new FileTrust(UserAndGroups.Own(), care.Service, UserAndGroups.AllAreMapped());
        var doubts = trust.OfFile(content, file).ToList();
        if (given is not null)
        {
            // A person's folders are a person's business, save for those that are everybody's.
            doubts.AddRange(Folders(file.Path, given).SelectMany(trust.OfFolder).Where(doubt => doubt.IsGrave || care.Refuses));
        }

        return [.. doubts.Select(doubt => doubt with { IsGrave = doubt.IsGrave && care.Refuses })];
    }

    private static IEnumerable<FileStatus> Folders(params IEnumerable<string?> paths) => paths
        .OfType<string>()
        .SelectMany(path => Above(Path.GetFullPath(path)))
        .Distinct(StringComparer.Ordinal)
        .Select(FileStatus.Of)
        .OfType<FileStatus>();

    private static IEnumerable<string> Above(string path)
    {
        for (var folder = Path.GetDirectoryName(path); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            yield return folder;
        }
    }
}
