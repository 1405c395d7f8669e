using Prism.Supervisor.Memory;

namespace Prism.Supervisor.Tests.Memory;

public sealed class MemoryRoomTests
{
    private const long Mega = 1 << 20;

    private static readonly MemoryLimit High = new("MemoryHigh=", "prism-django.service", 512 * Mega, 120 * Mega);
    private static readonly MemoryLimit Slice = new("MemoryMax=", "system.slice", 4096 * Mega, 100 * Mega);
    private static readonly MemoryLimit Machine = new(null, "this machine", 90 * Mega, 90 * Mega);

    [Fact]
    public void Room_enough_is_not_worth_a_line()
    {
        Assert.Null(MemoryRoom.Warning(120 * Mega, [High]));
        Assert.Null(MemoryRoom.Warning(500 * Mega, []));
    }

    [Fact]
    public void A_limit_is_named_with_its_owner_and_what_to_do() =>
        Assert.Equal(
            "Memory may run out while two generations run: this one holds 310 MB, and of MemoryHigh=512M of prism-django.service 120 MB are left: raise MemoryHigh=, or run fewer Gunicorn workers",
            MemoryRoom.Warning(310 * Mega, [High]));

    [Fact]
    public void Of_several_limits_the_first_to_be_hit_is_named()
    {
        Assert.Contains("MemoryMax=4096M of system.slice 100 MB are left", MemoryRoom.Warning(310 * Mega, [High, Slice]), StringComparison.Ordinal);
        Assert.Contains("and this machine has 90 MB left: run fewer", MemoryRoom.Warning(310 * Mega, [High, Machine, Slice]), StringComparison.Ordinal);
    }
}
