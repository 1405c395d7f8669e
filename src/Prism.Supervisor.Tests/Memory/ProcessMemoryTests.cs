using Prism.Supervisor.Memory;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Memory;

public sealed class ProcessMemoryTests : IDisposable
{
    private readonly TempFolder proc = new();

    public void Dispose() => proc.Dispose();

    [Fact]
    public void Each_counts_for_its_share()
    {
        Process(1, rollup: "55d0-7ffe ---p 00000000 00:00 0    [rollup]\nRss:      9000 kB\nPss:       100 kB\nPss_Dirty: 7 kB\n", statm: "9 9 9 0 0 0 0\n");
        Process(2, rollup: "Pss: 11 kB\n", statm: null);

        Assert.Equal(111 * 1024, ProcessMemory.Of([1, 2, 3], proc.Path));
    }

    [Theory]
    [InlineData("1000 300 100 1 0 50 0\n", 200)]
    [InlineData("1000 100 300 1 0 50 0\n", 0)]
    [InlineData("nonsense", 0)]
    [InlineData("1 9223372036854775808 1 1", 0)]
    public void Where_that_is_hidden_what_is_resident_counts_without_its_files(string statm, int pages)
    {
        Process(1, rollup: null, statm);

        Assert.Equal(pages * (long)Environment.SystemPageSize, ProcessMemory.Of([1], proc.Path));
    }

    [Theory]
    [InlineData("Pss: x kB\n")]
    [InlineData("Pss: 99999999999999999 kB\n")]
    [InlineData("Pss: 5\n")]
    public void Nonsense_is_nothing(string rollup)
    {
        Process(1, rollup, statm: null);

        Assert.Equal(0, ProcessMemory.Of([1], proc.Path));
    }

    [Fact]
    public void This_process_holds_some() =>
        Assert.InRange(ProcessMemory.Of([Environment.ProcessId], "/proc"), 1 << 20, Environment.WorkingSet * 2);

    private void Process(int pid, string? rollup, string? statm)
    {
        _ = Directory.CreateDirectory(proc[$"{pid}"]);
        foreach (var (name, text) in new[] { ("smaps_rollup", rollup), ("statm", statm) })
        {
            if (text is not null)
            {
                _ = proc.Write($"{pid}/{name}", text);
            }
        }
    }
}
