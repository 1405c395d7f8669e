using Prism.Supervisor.Interop;
using Prism.Supervisor.Memory;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Memory;

public sealed class HostMemoryTests : IDisposable
{
    private const string Statistics = "anon 9000\nfile 800\nactive_file 300\ninactive_file 400\nslab_reclaimable 50\nslab_unreclaimable 9\n";

    private readonly TempFolder proc = new();
    private readonly TempFolder groups = new();

    public void Dispose()
    {
        proc.Dispose();
        groups.Dispose();
    }

    [Fact]
    public void The_kernel_s_own_estimate_is_taken()
    {
        _ = proc.Write("meminfo", "MemTotal:       16000000 kB\nMemFree:        1000 kB\nMemAvailable:   2000 kB\n");
        _ = groups.Write("memory.stat", Statistics);

        Assert.Equal(2000 * 1024, HostMemory.Read(proc.Path, groups.Path, free: 1)?.Left);
    }

    [Fact]
    public void Where_it_is_hidden_what_is_free_and_the_caches_of_the_root_group_are_left()
    {
        _ = groups.Write("memory.stat", Statistics);

        Assert.Equal(1750, HostMemory.Read(proc.Path, groups.Path, free: 1000)?.Left);
    }

    [Fact]
    public void What_is_free_says_nothing_alone()
    {
        Assert.Null(HostMemory.Read(proc.Path, groups.Path, free: 1000));

        _ = groups.Write("memory.stat", "anon 1\nactive_file 1\n");
        Assert.Null(HostMemory.Read(proc.Path, groups.Path, free: 1000));
        Assert.Null(HostMemory.Read(proc.Path, groups.Path, free: null));
    }

    [Fact]
    public void A_container_s_group_is_not_the_machine()
    {
        _ = groups.Write("memory.stat", Statistics);
        _ = groups.Write("cgroup.type", "domain\n");

        Assert.Null(HostMemory.Read(proc.Path, groups.Path, free: 1000));
    }

    [Fact]
    public void The_kernel_is_asked_for_what_is_free()
    {
        var told = ProcessMemory.KiloBytes(File.ReadAllText("/proc/meminfo"), "MemFree:") ?? 0;

        Assert.InRange(SystemMemory.Free ?? 0, told / 2, told * 2);
    }
}
