using System.Net;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Gunicorn;
using Prism.Supervisor.Health;

namespace Prism.Supervisor.Lifecycle;

/// <summary>The generations that run, each with what watches it. Launches and ends them when told; decides nothing.</summary>
internal sealed class Fleet(GenerationLauncher launcher, EndPoint publicAddress, TimeProvider time, Action<UnitEvent> tell, Action<Func<Task>> inBackground, ILogger log) : IDisposable
{
    // A generation that is thought to be stuck, or too young to have a request, gets this long after TERM.
    private static readonly TimeSpan ShortGrace = TimeSpan.FromSeconds(2);

    private readonly Dictionary<int, Member> members = [];

    /// <summary>The pid of the arbiter; null when there is none.</summary>
    public int? ArbiterOf(int number) => members.TryGetValue(number, out var member) ? member.Generation.ArbiterPid : null;

    /// <summary>Starts and watches it; yields what it is asked, in words, or null when it could not be started, which is an event of its own.</summary>
    public async Task<string?> LaunchAsync(int number, Release release, Role role)
    {
        Generation generation;
        try
        {
            generation = await launcher.LaunchAsync(number, release, isCanary: role == Role.Canary);
        }
        catch (StartupException fault)
        {
            tell(new UnitEvent.Exited(number, fault.Code, fault.Message));
            return null;
        }

        var options = role == Role.Canary ? Canary.Watched(release.Options) : release.Options;
        var host = ProbeHost.From(options.Health.Host, release.Environment["ALLOWED_HOSTS"], "127.0.0.1");
        var own = new HttpProbe(options.Health, host, generation.ProbeEndPoint, time);
        var inPublic = role == Role.Canary ? null : new HttpProbe(options.Health, host, publicAddress, time);
        var member = new Member(generation, release, new SiteProbe(own, inPublic), IsCanary: role == Role.Canary);
        members[number] = member;
        TellWhoShares();
        new GenerationObserver(generation, options, member.Probe, role, time, tell, inBackground).Start(member.Watching.Token);
        return own.Question;
    }

    /// <summary>TERM, a grace and KILL in the background, then <see cref="UnitEvent.TreeEnded"/>; told again, only the grace gets shorter.</summary>
    public void End(int number, Grace grace)
    {
        if (!members.TryGetValue(number, out var member))
        {
            tell(new UnitEvent.TreeEnded(number));
            return;
        }

        member.Watching.Cancel();
        if (grace == Grace.None)
        {
            member.Generation.Hurry();
        }

        if (!member.IsEnding)
        {
            member.IsEnding = true;
            inBackground(async () => await EndAsync(number, member, grace));
        }
    }

    /// <summary>Nothing is left of it.</summary>
    public void Forget(int number)
    {
        if (members.Remove(number, out var member))
        {
            member.Dispose();
            TellWhoShares();
        }
    }

    public void Dispose()
    {
        foreach (var member in members.Values)
        {
            member.Dispose();
        }
    }

    /// <summary>What one of two answers in public is no word about the other.</summary>
    private void TellWhoShares()
    {
        var isShared = members.Values.Count(member => !member.IsCanary) > 1;
        foreach (var member in members.Values)
        {
            member.Probe.IsPublicShared = isShared;
        }
    }

    private async Task EndAsync(int number, Member member, Grace grace)
    {
        var span = grace switch
        {
            Grace.None => TimeSpan.Zero,
            Grace.Short => ShortGrace,
            Grace.Full => member.Release.Options.Gunicorn.GracefulTimeout,
        };
        if (await member.Generation.EndAsync(span) is { Count: > 0 } killed)
        {
            log.Killed(string.Join(", ", killed), number);
        }

        if (!member.Generation.HasSaidReady)
        {
            member.Release.Disproven?.Invoke();
        }

        tell(new UnitEvent.TreeEnded(number));
    }

    private sealed record Member(Generation Generation, Release Release, SiteProbe Probe, bool IsCanary) : IDisposable
    {
        public CancellationTokenSource Watching { get; } = new();

        public bool IsEnding { get; set; }

        public void Dispose()
        {
            Watching.Cancel();
            Watching.Dispose();
            Probe.Dispose();
            Generation.Dispose();
        }
    }
}
