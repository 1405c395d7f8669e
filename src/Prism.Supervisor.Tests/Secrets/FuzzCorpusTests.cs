using Prism.Supervisor.Fuzz;

namespace Prism.Supervisor.Tests.Secrets;

/// <summary>What eng/fuzz starts from and what it has found, without the fuzzer.</summary>
public sealed class FuzzCorpusTests
{
    public static TheoryData<string> Names => [.. Targets.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_file_of_the_corpus_is_read_or_refused_as_documented(string target)
    {
        var files = Corpus.Files(target, Repository.Root).ToList();

        Assert.All(files, file => Targets.All[target](File.ReadAllBytes(file)));
        Assert.NotEmpty(files);
        TestContext.Current.TestOutputHelper!.WriteLine($"fuzz corpus of {target}: {files.Count} files");
    }

    [Fact]
    public void The_corpus_is_small()
    {
        var files = Names.Select(row => Directory.GetFiles(Repository.PathTo("src", "Prism.Supervisor.Fuzz", "corpus", row.Data))).ToList();

        Assert.All(files, target => Assert.InRange(target.Length, 1, 300));
        Assert.InRange(files.SelectMany(target => target).Sum(file => new FileInfo(file).Length), 1, 1 << 20);
    }

    [Fact]
    public void The_product_does_not_know_the_fuzzer() => Assert.DoesNotContain(
        "SharpFuzz",
        File.ReadAllText(Repository.PathTo("src", "Prism.Supervisor", "packages.lock.json")),
        StringComparison.OrdinalIgnoreCase);
}
