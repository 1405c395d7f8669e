using Prism.Supervisor.Interop;
using Prism.Supervisor.Systemd;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Systemd;

/// <summary>With a bus whose manager knows the units of the test. (libsystemd looks for the address in this process's environment, which no other test in it asks.)</summary>
[Trait("ring", "process")]
public sealed class UnitConditionTests : IDisposable
{
    private const int HangGuard = 300_000;

    private readonly TempFolder folder = new();
    private readonly Dictionary<string, Dictionary<string, string>> units = [];

    public void Dispose() => folder.Dispose();

    [Theory(Timeout = HangGuard)]
    [InlineData("failed", "exit-code", "postgresql.service is failed (exit-code)")]
    [InlineData("failed", "oom-kill", "postgresql.service is failed (oom-kill)")]
    [InlineData("activating", "success", "postgresql.service is activating")]
    [InlineData("inactive", "success", "postgresql.service is inactive")]
    [InlineData("active", "success", "postgresql.service is active")]
    public async Task A_unit_is_told_as_it_is(string state, string result, string words)
    {
        Add("postgresql.service", state, result);

        Assert.Equal(words, await LookAsync("postgresql.service"));
    }

    [Theory(Timeout = HangGuard)]
    [InlineData("failed", "protocol", "postgresql@17-main.service is failed (protocol)")]
    [InlineData("inactive", "success", "postgresql@17-main.service is inactive")]
    [InlineData("active", "success", "postgresql.service is active")]
    public async Task Behind_one_that_stands_for_others_are_those(string state, string result, string words)
    {
        Add("postgresql.service", "active", wants: "postgresql@17-main.service other.service");
        Add("postgresql@17-main.service", state, result);
        Add("other.service", "failed", "exit-code");

        Assert.Equal(words, await LookAsync("postgresql.service"));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_target_is_told_by_the_worst_of_its_services()
    {
        Add("postgresql.target", "inactive", wants: "postgresql.service postgresql-setup.service");
        Add("postgresql.service", "activating");
        Add("postgresql-setup.service", "failed", "exit-code");

        Assert.Equal("postgresql-setup.service is failed (exit-code)", await LookAsync("postgresql.target"));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_unit_that_is_not_there_is_no_word() => Assert.Null(await LookAsync("postgresql.service"));

    [Fact(Timeout = HangGuard)]
    public async Task A_bus_that_refuses_or_is_not_there_is_no_word()
    {
        Add("postgresql.service", "failed", "exit-code");

        Assert.Null(await LookAsync("postgresql.service", _ => FakeBus.Fault("org.freedesktop.DBus.Error.AccessDenied", "not you")));
        ProcessCalls.SetVariable("DBUS_SYSTEM_BUS_ADDRESS", $"unix:path={folder["nowhere"]}");
        Assert.Null(await UnitCondition.LookAsync("postgresql.service"));
    }

    [Fact(Timeout = HangGuard)]
    public async Task A_bus_that_is_silent_is_no_word_after_a_moment()
    {
        var begun = TimeProvider.System.GetTimestamp();

        Assert.Null(await LookAsync("postgresql.service", _ => null));
        Assert.True(TimeProvider.System.GetElapsedTime(begun) >= UnitCondition.Patience);
    }

    private void Add(string name, string state, string result = "success", string wants = "") =>
        units[name] = new() { ["LoadState"] = "loaded", ["ActiveState"] = state, ["Result"] = result, ["Wants"] = wants, ["Requires"] = "" };

    private async Task<string?> LookAsync(string unit, Func<FakeBus.Call, FakeBus.Answer?>? answer = null)
    {
        var asked = "";
        using var bus = new FakeBus(folder[$"bus{units.Count}{answer is null}"], answer ?? Answer);
        ProcessCalls.SetVariable("DBUS_SYSTEM_BUS_ADDRESS", bus.Address);
        return await UnitCondition.LookAsync(unit);

        FakeBus.Answer Answer(FakeBus.Call call)
        {
            if (call.Member == "LoadUnit")
            {
                asked = call.Arguments[0];
                return FakeBus.Text("o", $"/unit/{asked.Length}");
            }

            // The object is told by its path, which the fake does not hear of: calls come one after another.
            var property = call.Arguments[^1];
            var value = units.GetValueOrDefault(asked)?[property] ?? "not-found";
            return property is "Wants" or "Requires" ? FakeBus.VariantOfTexts(value.Split(' ', StringSplitOptions.RemoveEmptyEntries)) : FakeBus.Variant(value);
        }
    }
}
