using System.Text.Json;

namespace Prism.Supervisor.Tests.Secrets;

/// <summary>Third parties' test vectors, which live beside the repository and are not part of it; a test without them is skipped.</summary>
internal static class Vectors
{
    public const string Missing = "the third parties' test vectors are not here (expected in ../shared/vectors beside the repository)";

    private static readonly string? Root = Find();

    public static string Folder(string name)
    {
        Assert.SkipUnless(Root is not null, Missing);
        return Path.Combine(Root!, name);
    }

    /// <summary>The names of the wanted files of a folder, or one name that stands for its absence.</summary>
    public static TheoryData<string> FileNames(string folder, Func<string, bool> wanted) => Root is null
        ? [Missing]
        : [.. Directory.EnumerateFiles(Path.Combine(Root, folder)).Where(wanted).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    /// <summary>The tests of a Wycheproof file, each with its group.</summary>
    public static IEnumerable<(JsonElement Group, JsonElement Test)> Wycheproof(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder("wycheproof"), file)));
        return [.. from g in json.RootElement.Clone().GetProperty("testGroups").EnumerateArray()
                   from t in g.GetProperty("tests").EnumerateArray()
                   select (g, t)];
    }

    public static byte[] Bytes(this JsonElement test, string name) => Convert.FromHexString(test.GetProperty(name).GetString()!);

    /// <summary>The folder of the solution above the tests that run, or null where only the built tests are.</summary>
    public static string? Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Prism.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName;
    }

    private static string? Find() =>
        Repository() is { } repository && Path.Combine(repository, "..", "shared", "vectors") is var vectors && Directory.Exists(vectors) ? vectors : null;
}
