namespace Prism.Supervisor.Tests.Support;

/// <summary>A line of the test log that counts what a body of vectors came to; eng/test prints them all, the test program would hide those of tests that pass.</summary>
internal static class Tally
{
    public static string Folder { get; } = Repository.PathTo("artifacts", "tally");

    public static void Say(string name, string line)
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, name), $"{line}\n");
        TestContext.Current.TestOutputHelper?.WriteLine(line);
    }
}
