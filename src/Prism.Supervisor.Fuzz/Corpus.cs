namespace Prism.Supervisor.Fuzz;

/// <summary>What a target starts from: its own folder here, and the fixtures of the tests that say the same in more ways.</summary>
internal static class Corpus
{
    private const string Fixtures = "src/Prism.Supervisor.Tests/Fixtures/sops";

    public static IEnumerable<string> Files(string target, string repository)
    {
        var own = Path.Combine(repository, "src/Prism.Supervisor.Fuzz/corpus", target);
        return Seen(own, "*").Concat(target switch
        {
            "bech32" => Seen(Path.Combine(repository, Fixtures, "keys"), "*.txt"),
            "dotenv" or "environment" => Seen(Path.Combine(repository, Fixtures, "cases"), "plain.env"),
            "sshkey" => Seen(Path.Combine(repository, Fixtures, "keys"), "ssh_*"),
            "sops" => Seen(Path.Combine(repository, Fixtures, "cases"), "enc.env"),
            _ => [],
        });
    }

    private static IEnumerable<string> Seen(string folder, string pattern) =>
        Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal);
}
