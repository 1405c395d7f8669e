using System.Net.Sockets;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Commands;

/// <summary>A bus that is not there, says no, says nothing, or says something else: one line, and nothing run.</summary>
[Trait("ring", "process")]
public sealed class ExecBusTests : IDisposable
{
    private const int HangGuard = 300_000;

    private readonly TempFolder folder = new();

    public ExecBusTests() => Assert.SkipUnless(
        new[] { "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib" }.Any(place => File.Exists($"{place}/libsystemd.so.0")), "no libsystemd.so.0");

    public void Dispose() => folder.Dispose();

    [Fact(Timeout = HangGuard)]
    public async Task There_is_none() =>
        await FailsAsync($"unix:path={folder["none"]}", ExitCode.TryAgain, "systemd cannot be asked over D-Bus: ");

    [Fact(Timeout = HangGuard)]
    public async Task It_hangs_up()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(folder["bus"]));
        listener.Listen();
        var closing = Task.Run(async () => (await listener.AcceptAsync(TestContext.Current.CancellationToken)).Dispose(), TestContext.Current.CancellationToken);

        await FailsAsync($"unix:path={folder["bus"]}", ExitCode.TryAgain, "systemd cannot be asked over D-Bus: ");
        await closing;
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_does_not_even_greet()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(folder["bus"]));
        listener.Listen();

        await FailsAsync($"unix:path={folder["bus"]}", ExitCode.TryAgain, "systemd cannot be asked over D-Bus: the greeting of the bus: ");
    }

    [Fact(Timeout = HangGuard)]
    public async Task It_never_answers() =>
        await FailsAsync(_ => null, ExitCode.TryAgain, "systemd cannot be asked for unit prism-django.service over D-Bus: ");

    [Fact(Timeout = HangGuard)]
    public async Task It_refuses() =>
        await FailsAsync(_ => FakeBus.Fault("org.freedesktop.DBus.Error.AccessDenied", "not you"), ExitCode.NoPermission, "over D-Bus: not you; ");

    [Fact(Timeout = HangGuard)]
    public async Task It_calls_the_name_no_name() =>
        await FailsAsync(_ => FakeBus.Fault("org.freedesktop.DBus.Error.InvalidArgs", "Unit name x is not valid."), ExitCode.Configuration, "over D-Bus: Unit name x is not valid.; ");

    [Theory(Timeout = HangGuard)]
    [InlineData("not-found", "prism-django.service: there is no such unit: ")]
    [InlineData("masked", "prism-django.service: systemd calls it masked: ")]
    public async Task There_is_no_such_unit(string state, string words) =>
        await FailsAsync(call => call.Member == "LoadUnit" ? FakeBus.Text("o", "/unit") : FakeBus.Variant(state), ExitCode.Configuration, words);

    [Theory(Timeout = HangGuard)]
    [InlineData("LoadUnit")]
    [InlineData("LoadState")]
    [InlineData("User")]
    [InlineData("ExecStart")]
    public async Task An_answer_is_of_another_type(string wrong) =>
        await FailsAsync(
            call => call.Arguments[^1] == wrong || call.Member == wrong ? FakeBus.Text("s", "something")
                : call.Member == "LoadUnit" ? FakeBus.Text("o", "/unit")
                : call.Arguments[^1] == "DynamicUser" ? new FakeBus.Answer("v", [1, (byte)'b', 0, 0, 0, 0, 0, 0])
                : FakeBus.Variant("loaded"),
            ExitCode.Internal,
            "is not understood (");

    [Fact(Timeout = HangGuard)]
    public async Task The_name_is_another_kinds()
    {
        using var bus = new FakeBus(folder["bus"], _ => null);

        await FailsAsync(bus.Address, ExitCode.Usage, "--unit prism.socket: is no service", "prism.socket");
    }

    [Fact(Timeout = HangGuard)]
    public async Task Without_libsystemd()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can hide a library");
        const string hide = "for library in /usr/lib/*/libsystemd.so.0 /usr/lib*/libsystemd.so.0; do [ -e \"$library\" ] && mount --bind /dev/null \"$library\"; done; exec \"$@\"";

        var ran = await Capture.RunAsync(
            "/usr/bin/unshare", Capture.Complete(Caller("unix:path=/none")), folder.Path, "--mount", "sh", "-c", hide, "sh", Programs.Supervisor, "exec", "--unit", "prism-django", "--", "env");

        AssertFailed(ran, ExitCode.Configuration, "there is no libsystemd.so.0");
    }

    [Fact(Timeout = HangGuard)]
    public async Task With_a_file_alone_it_is_not_even_looked_for()
    {
        var ran = await Capture.SupervisorAsync(Caller($"unix:path={folder["none"]}"), folder.Path, "exec", "--secrets", folder.WriteSecret("s.env", "A=1\n"), "--", "env", "-0");

        Assert.Equal(["A=1"], ran.Variables);
    }

    private async Task FailsAsync(Func<FakeBus.Call, FakeBus.Answer?> answer, ExitCode code, string words)
    {
        using var bus = new FakeBus(folder["bus"], answer);
        await FailsAsync(bus.Address, code, words);
    }

    private async Task FailsAsync(string address, ExitCode code, string words, string unit = "prism-django") =>
        AssertFailed(await Capture.SupervisorAsync(Caller(address), folder.Path, "exec", "--unit", unit, "--", "env"), code, words);

    private static void AssertFailed(Capture ran, ExitCode code, string words)
    {
        Assert.Contains(words, Assert.Single(ran.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Equal(((int)code, ""), (ran.Code, ran.Text));
    }

    private static Dictionary<string, string> Caller(string address) => new() { ["PATH"] = "/usr/sbin:/usr/bin:/bin", ["DBUS_SYSTEM_BUS_ADDRESS"] = address };
}
