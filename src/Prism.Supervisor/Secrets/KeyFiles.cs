using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Secrets;

/// <summary>Reads the files that keys come from, and remembers where each was found and what is doubtful about it.</summary>
internal sealed class KeyFiles(FileCare care)
{
    private readonly Dictionary<string, string> paths = new(StringComparer.Ordinal);
    private readonly List<(string Source, string Text)> doubts = [];

    /// <summary>Whether a person reads them, who may keep keys as a service should not.</summary>
    public bool AreOfPerson => !care.Refuses;

    /// <summary>Where the file of a place is, as far as that can be told.</summary>
    public string? PathOf(string source) => paths.GetValueOrDefault(source);

    /// <summary>A line for each, with the name of its place: of every place for a service; a person has keys that are none of this file's business, and hears of those that opened it.</summary>
    public IEnumerable<string> Doubts(IReadOnlyList<string> openers) => doubts
        .Where(doubt => !AreOfPerson || openers.Contains(doubt.Source))
        .Select(doubt => $"{doubt.Source}: {doubt.Text}");

    /// <exception cref="StartupException">It cannot be read, or is not to be trusted.</exception>
    public byte[] Read(string path, string source)
    {
        var (bytes, status) = SmallFile.Read(path, source);
        var found = Note(status, path, source);
        if (found.Where(doubt => doubt.IsGrave).Select(doubt => doubt.Text).ToList() is not { Count: > 0 } grave)
        {
            return bytes;
        }

        CryptographicOperations.ZeroMemory(bytes);
        _ = doubts.RemoveAll(doubt => doubt.Source == source);
        throw Refusal.Because($"{source}: {string.Join("; ", grave)}");
    }

    /// <summary>The manager opened it, and whoever wrote the unit chose it: its doubts are told, and stop nothing.</summary>
    public byte[] Read(SafeFileHandle descriptor, string source)
    {
        var bytes = SmallFile.Read(descriptor, source);
        _ = Note(FileStatus.Of(descriptor), given: null, source);
        return bytes;
    }

    private List<FileDoubt> Note(FileStatus status, string? given, string source)
    {
        if ((status.Path ?? given) is { } path)
        {
            paths[source] = path;
        }

        var found = FileChecks.Doubts(FileContent.Key, status, given, care);
        doubts.AddRange(found.Select(doubt => (source, doubt.Text)));
        return found;
    }
}
