using Prism.Supervisor.Memory;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Memory;

/// <summary>On a folder that stands for /sys/fs/cgroup: the test host's own has no memory controller.</summary>
public sealed class ControlGroupsTests : IDisposable
{
    private const string Own = "0::/system.slice/prism-django.service\n";

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Our_own_limits_and_those_above_are_found_and_caches_count_as_left()
    {
        Group("system.slice/prism-django.service", current: "400", stat: "anon 200\ninactive_file 150\nactive_file 50\n", high: "500", max: "600");
        Group("system.slice", current: "900", stat: "inactive_file 0\n", high: "max", max: "1000");
        Group("", current: "2000", stat: "inactive_file 1\n", high: "max", max: "3000"); // a container's root

        Assert.Equal(
            [
                new MemoryLimit("MemoryHigh=", "prism-django.service", 500, 250),
                new MemoryLimit("MemoryMax=", "prism-django.service", 600, 350),
                new MemoryLimit("MemoryMax=", "system.slice", 1000, 100),
                new MemoryLimit("MemoryMax=", "this system", 3000, 1001),
            ],
            ControlGroups.Limits(folder.Path, "12:memory:/old\n" + Own));
    }

    [Fact]
    public void More_in_use_than_a_limit_leaves_nothing()
    {
        Group("system.slice/prism-django.service", current: "700", stat: "inactive_file 0\n", high: "500", max: "max");

        Assert.Equal([new MemoryLimit("MemoryHigh=", "prism-django.service", 500, 0)], ControlGroups.Limits(folder.Path, Own));
    }

    [Fact]
    public void A_group_without_the_memory_controller_has_no_limits_and_those_above_still_count()
    {
        _ = Directory.CreateDirectory(folder["system.slice/prism-django.service"]);
        Group("system.slice", current: "1", stat: "", high: "max", max: "7");

        Assert.Equal([new MemoryLimit("MemoryMax=", "system.slice", 7, 6)], ControlGroups.Limits(folder.Path, Own));
    }

    [Theory]
    [InlineData("")]
    [InlineData("4:memory:/system.slice\n")]
    [InlineData("0::/../../other.slice\n")]
    [InlineData("0::")]
    public void What_is_not_in_our_tree_is_not_looked_at(string own)
    {
        Group("", current: "1", stat: "", high: "1", max: "1");

        Assert.Empty(ControlGroups.Limits(folder.Path, own));
    }

    [Theory]
    [InlineData("", "5")]
    [InlineData("-1", "5")]
    [InlineData("5", "99999999999999999999999")]
    [InlineData("5", "max")]
    [InlineData("\0", "nonsense\nnonsense")]
    public void Nonsense_is_no_limit(string current, string max)
    {
        Group("system.slice/prism-django.service", current, stat: "inactive_file\ninactive_file x\n\n", high: "", max);

        Assert.Empty(ControlGroups.Limits(folder.Path, Own));
    }

    private void Group(string path, string current, string stat, string high, string max)
    {
        _ = Directory.CreateDirectory(folder[path]);
        foreach (var (name, text) in new[] { ("memory.current", current), ("memory.stat", stat), ("memory.high", high), ("memory.max", max) })
        {
            _ = folder.Write(Path.Combine(path, name), text + "\n");
        }
    }
}
