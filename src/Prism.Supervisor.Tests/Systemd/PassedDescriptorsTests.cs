using System.Globalization;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor.Tests.Systemd;

/// <summary>What it makes of the environment; that a socket passed for real is served on is in RunCommandTests.</summary>
public sealed class PassedDescriptorsTests
{
    private static readonly string OurPid = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(null, "1")]
    [InlineData("1", "1")]
    [InlineData("ours", null)]
    [InlineData("ours", "")]
    [InlineData("ours", "-1")]
    [InlineData("ours", "many")]
    [InlineData("ours", "0")]
    public void What_was_not_passed_to_us_is_not_touched(string? pid, string? count)
    {
        var environment = new Dictionary<string, string> { ["LISTEN_FDNAMES"] = "age-key" };
        if (pid is not null)
        {
            environment["LISTEN_PID"] = pid == "ours" ? OurPid : pid;
        }

        if (count is not null)
        {
            environment["LISTEN_FDS"] = count;
        }

        var passed = new PassedDescriptors(environment);

        Assert.Null(passed.File("age-key"));
        Assert.Empty(passed.ListeningSockets());
    }

    [Fact]
    public void A_file_is_found_by_its_name()
    {
        // Descriptor 3 is open in every .NET process, and close-on-exec already.
        var passed = new PassedDescriptors(new Dictionary<string, string> { ["LISTEN_PID"] = OurPid, ["LISTEN_FDS"] = "1", ["LISTEN_FDNAMES"] = "age-key" });

        using var file = passed.File("age-key");

        Assert.Equal(3, (int)file!.DangerousGetHandle());
        Assert.Null(passed.File("other"));
    }

    [Fact]
    public void A_count_that_cannot_be_true_does_no_harm()
    {
        var passed = new PassedDescriptors(new Dictionary<string, string> { ["LISTEN_PID"] = OurPid, ["LISTEN_FDS"] = "2147483647" });

        Assert.NotNull(passed.File("unknown"));
    }
}
