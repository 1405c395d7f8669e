using System.Runtime.InteropServices;

namespace Prism.Supervisor.Tests;

/// <summary>Without the kernel, which would let no test process end any more; RunCommandStopTests and RunCommandReloadTests have it.</summary>
public sealed class StopSignalsTests
{
    private readonly List<(string Name, SignalMeaning Meaning)> heard = [];

    [Theory]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGQUIT)]
    public void A_stop_is_a_token_and_a_second_one_another(PosixSignal signal)
    {
        var stop = Signals();

        stop.Hear(signal);
        Assert.Equal((true, false), (stop.Token.IsCancellationRequested, stop.Hurry.IsCancellationRequested));

        stop.Hear(PosixSignal.SIGTERM);
        Assert.True(stop.Hurry.IsCancellationRequested);
        Assert.Equal([($"{signal}", SignalMeaning.Stop), ("SIGTERM", SignalMeaning.Stop)], heard);
    }

    [Fact]
    public void A_hangup_is_a_stop_in_the_foreground_and_a_reload_under_a_service_manager()
    {
        var foreground = Signals(hangUpStops: true);
        foreground.Hear(PosixSignal.SIGHUP);
        var service = Signals();
        service.Hear(PosixSignal.SIGHUP);

        Assert.Equal([("SIGHUP", SignalMeaning.Stop), ("SIGHUP", SignalMeaning.Reload)], heard);
        Assert.Equal((true, false), (foreground.Token.IsCancellationRequested, service.Token.IsCancellationRequested));
    }

    [Theory]
    [InlineData(10, "SIGUSR1")]
    [InlineData(12, "SIGUSR2")]
    public void What_means_nothing_is_told_by_its_name(int signal, string name)
    {
        var stop = Signals();

        stop.Hear((PosixSignal)signal);

        Assert.Equal([(name, SignalMeaning.Nothing)], heard);
        Assert.False(stop.Token.IsCancellationRequested);
    }

    [Fact]
    public void Who_comes_late_hears_of_a_stop_all_the_same()
    {
        var stop = new StopSignals(hangUpStops: false);
        stop.Hear(PosixSignal.SIGHUP);
        stop.Hear(PosixSignal.SIGTERM);

        stop.OnEach((name, meaning) => heard.Add((name, meaning)));

        Assert.Equal([("A stop", SignalMeaning.Stop)], heard);
    }

    [Fact]
    public void The_wish_for_a_reload_is_kept_for_who_comes_late()
    {
        var stop = new StopSignals(hangUpStops: false);
        stop.Hear(PosixSignal.SIGHUP);
        stop.Hear(PosixSignal.SIGHUP);

        stop.OnEach((name, meaning) => heard.Add((name, meaning)));

        Assert.Equal([("SIGHUP", SignalMeaning.Reload)], heard);
    }

    private StopSignals Signals(bool hangUpStops = false)
    {
        var stop = new StopSignals(hangUpStops);
        stop.OnEach((name, meaning) => heard.Add((name, meaning)));
        return stop;
    }
}
