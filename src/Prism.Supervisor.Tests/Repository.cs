namespace Prism.Supervisor.Tests;

/// <summary>The checkout that the tests were built from: found by its solution file, above the test assembly.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    public static string PathTo(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    public static string[] Lines(string file) => File.ReadAllLines(Path.Combine(Root, file));

    private static string Find(string folder) =>
        File.Exists(Path.Combine(folder, "Prism.sln")) ? folder : Find(Path.GetDirectoryName(folder.TrimEnd('/')) ?? throw new InvalidOperationException("no Prism.sln above the tests"));
}
