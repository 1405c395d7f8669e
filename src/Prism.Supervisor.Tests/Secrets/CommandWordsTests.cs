using CsCheck;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Tests.Secrets;

public sealed class CommandWordsTests
{
    [Theory]
    [InlineData("cat keys/alice.txt", "cat|keys/alice.txt")]
    [InlineData("  a\tb\r\nc  ", "a|b|c")]
    [InlineData("a 'b c' \"d e\"", "a|b c|d e")]
    [InlineData("a'b c'd", "ab cd")]
    [InlineData("a '' \"\"", "a||")]
    [InlineData("a\\ b", "a b")]
    [InlineData("\"a\\\"b\\\\c\"", "a\"b\\c")]
    [InlineData("'a\\b'", "a\\b")]
    [InlineData("'\"' \"'\"", "\"|'")]
    [InlineData("a #b c", "a")]
    [InlineData("a#b", "a#b")]
    [InlineData("#x\na", "a")]
    [InlineData("a $HOME `b` ~ *; c|d", "a|$HOME|`b`|~|*;|c|d")]
    public void A_command_is_split_as_sops_splits_it_and_nothing_is_expanded(string command, string words) =>
        Assert.Equal(words, string.Join('|', CommandWords.Split(command)));

    [Theory]
    [InlineData("")]
    [InlineData(" \t\n")]
    [InlineData("# only a comment")]
    public void Nothing_is_no_word(string command) => Assert.Empty(CommandWords.Split(command));

    [Theory]
    [InlineData("a 'b", "has a single quote that is not closed")]
    [InlineData("a \"b'", "has a double quote that is not closed")]
    [InlineData("a \"b\\\"", "has a double quote that is not closed")]
    [InlineData("a \\", "ends with a backslash")]
    public void What_is_not_closed_is_said(string command, string fault) =>
        Assert.Equal(fault, Assert.Throws<FormatException>(() => CommandWords.Split(command)).Message);

    [Fact]
    public void What_is_quoted_is_read_back() =>
        Gen.Char["ab '\"\\#\t$"].Array[0, 8].Select(c => new string(c)).Array[1, 5].Sample(words =>
            CommandWords.Split(string.Join(' ', words.Select(w => $"'{w.Replace("'", "'\\''", StringComparison.Ordinal)}'"))).SequenceEqual(words));
}
