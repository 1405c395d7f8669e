using System.Text.RegularExpressions;
using CsCheck;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Secrets;

public sealed class SopsWriterTests : IDisposable
{
    private readonly SecretFolder folder = new();

    [Fact]
    public void A_written_file_has_the_lines_of_one_that_sops_wrote()
    {
        var fixture = SopsCase.Named("001-prism-basic");

        var written = SopsWriter.Write(SopsWriter.NewKey().Recipient, fixture.ExpectedPairs);

        Assert.Equal(Shape(fixture.Text), Shape(written));
    }

    [Fact]
    public void Whatever_is_written_is_read_back()
    {
        var key = SopsWriter.NewKey();
        var names = Gen.Char["ABC_xyz"].Array[1, 8].Select(c => new string(c));
        var values = Gen.Char["ab \n\t'\"\\#$=\u00e9\u20ac"].Array[0, 60].Select(c => new string(c)).Where(v => !v.Contains(@"\n", StringComparison.Ordinal));

        Gen.Select(names, values).Array[0, 6].Select(pairs => pairs.DistinctBy(p => p.Item1).Select(p => KeyValuePair.Create(p.Item1, p.Item2)).ToList()).Sample(
            pairs =>
            {
                var path = folder.Write(Guid.NewGuid().ToString("n"), SopsWriter.Write(key.Recipient, pairs));
                var reading = SecretFolder.Read(path, new(null, null, null, key.Identity), dialect: SecretDialect.Sops);
                return SecretFolder.Revealed(reading).SequenceEqual(pairs);
            },
            iter: 100);
    }

    public void Dispose() => folder.Dispose();

    /// <summary>Every run of base64 as its length, every recipient and date as one of its kind.</summary>
    private static string Shape(string text)
    {
        var counted = Regex.Replace(text, "(?<=data:|iv:|tag:)[A-Za-z0-9+/=]+", m => $"{m.Length}");
        var armored = Regex.Replace(counted, @"(?<=FILE-----\\n|\\n)([A-Za-z0-9+/=]+)(?=\\n)", m => $"{m.Length}");
        return Regex.Replace(Regex.Replace(armored, "age1[a-z0-9]{58}", "RECIPIENT"), "[0-9-]{10}T[0-9:]{8}Z", "DATE");
    }
}
