namespace Prism.Supervisor.Tests.Host;

/// <summary>Where the sources are that this test program was built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    public static string PathTo(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    private static string Find(string? folder) => folder switch
    {
        null => throw new InvalidOperationException($"No Prism.sln above {AppContext.BaseDirectory}: the tests run from a build in the repository."),
        _ when File.Exists(Path.Combine(folder, "Prism.sln")) => folder,
        _ => Find(Path.GetDirectoryName(folder)),
    };
}
