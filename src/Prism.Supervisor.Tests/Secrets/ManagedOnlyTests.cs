using System.Text.RegularExpressions;

namespace Prism.Supervisor.Tests.Secrets;

public sealed class ManagedOnlyTests
{
    /// <summary>All else in that namespace loads libcrypto through libssl when it is first used, which a NixOS loader path does not have.</summary>
    [Fact]
    public void Of_the_cryptography_of_NET_only_what_is_managed_is_used()
    {
        Assert.SkipUnless(Vectors.Repository() is not null, "the sources are not here");
        var sources = Directory.EnumerateFiles(Path.Combine(Vectors.Repository()!, "src", "Prism.Supervisor", "Secrets"), "*.cs", SearchOption.AllDirectories).ToList();

        var native = typeof(System.Security.Cryptography.Aes).Assembly.GetExportedTypes()
            .Where(t => t.Namespace == "System.Security.Cryptography" && t.Name != nameof(System.Security.Cryptography.CryptographicOperations))
            .Select(t => t.Name)
            .ToHashSet(StringComparer.Ordinal);
        var used = sources.Select(File.ReadAllText)
            .Where(text => text.Contains("using System.Security.Cryptography", StringComparison.Ordinal))
            .SelectMany(text => Regex.Matches(Regex.Replace(text, @"//[^\n]*|""(\\.|[^""\\\n])*""", ""), @"\b[A-Z]\w+\b").Select(m => m.Value))
            .Where(native.Contains)
            .ToHashSet(StringComparer.Ordinal);

        Assert.NotEmpty(sources);
        Assert.Empty(used);
    }
}
