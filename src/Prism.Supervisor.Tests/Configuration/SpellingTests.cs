using CsCheck;
using Prism.Supervisor.Configuration;

namespace Prism.Supervisor.Tests.Configuration;

public sealed class SpellingTests
{
    private static readonly Gen<string> Words = Gen.String[Gen.Char['a', 'd'], 0, 8];

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("", "abc", 3)]
    [InlineData("period", "PERIOD", 0)]
    [InlineData("perod", "period", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void It_counts_the_letters_to_change(string left, string right, int distance) =>
        Assert.Equal(distance, Spelling.Distance(left, right));

    [Fact]
    public void It_is_the_same_from_both_sides_and_never_longer_by_a_detour() =>
        Gen.Select(Words, Words, Words).Sample((a, b, c) =>
            Spelling.Distance(a, b) == Spelling.Distance(b, a)
                && (Spelling.Distance(a, b) == 0) == (a == b)
                && Spelling.Distance(a, c) <= Spelling.Distance(a, b) + Spelling.Distance(b, c));
}
