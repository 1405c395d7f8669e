using Prism.Supervisor.Processes;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Commands;

/// <summary>The command line as the shell sees it: no more than it was given, no less than it was asked for.</summary>
[Trait("ring", "process")]
public sealed class CommandLineTests : IDisposable
{
    private const int HangGuard = 300_000;

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact(Timeout = HangGuard)]
    public async Task An_argument_is_never_read_as_a_file()
    {
        var file = folder.Write("canary", "the-canary\n");

        var (code, said) = await RunAsync($"@{file}");

        Assert.Equal((int)ExitCode.Usage, code);
        Assert.DoesNotContain("the-canary", said, StringComparison.Ordinal);
        Assert.Contains($"@{file}", said, StringComparison.Ordinal);
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_wrong_argument_makes_one_line_whatever_it_holds()
    {
        var (code, said) = await RunAsync("run", "a\nb\u001b[31m");

        Assert.Equal((int)ExitCode.Usage, code);
        Assert.DoesNotContain(said, char.IsControl);
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("[suggest:1]", "")]
    [InlineData("[suggest:4]", "run ")]
    public async Task Only_what_a_shell_of_this_system_would_write_is_offered(params string[] arguments)
    {
        var (code, said) = await RunAsync(arguments);

        Assert.Equal(0, code);
        Assert.Contains("--help", said, StringComparison.Ordinal);
        Assert.DoesNotContain('/', said);
    }

    [Fact(Timeout = HangGuard)]
    public async Task What_only_tests_need_is_not_in_the_help()
    {
        var (code, said) = await RunAsync("run", "--help");

        Assert.Equal(0, code);
        Assert.Contains("--config", said, StringComparison.Ordinal);
        Assert.DoesNotContain("--halt-at", said, StringComparison.Ordinal);
    }

    private static async Task<(int? Code, string Said)> RunAsync(params string[] arguments)
    {
        var environment = ProcessEnvironment.Empty.With("PATH", "/usr/bin:/bin");
        var (exit, lines) = await Children.RunAsync(Programs.Spec(Programs.Supervisor, arguments) with { Environment = environment });
        return (exit.Code, string.Join(' ', lines));
    }
}
