using System.Globalization;

namespace Prism.Supervisor.Health;

/// <summary>What became of one question to the site.</summary>
internal abstract record ProbeResult
{
    private ProbeResult()
    {
    }

    /// <summary>An answer that is good or not; the kubelet's success and failure.</summary>
    internal sealed record Answered(int Status, bool IsAccepted) : ProbeResult
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"answered {Status}{Hint}");

        /// <summary>Django's answers that most often mean a probe that asks wrongly.</summary>
        private string Hint => (IsAccepted, Status) switch
        {
            (false, 400) => " (is the probe's Host in ALLOWED_HOSTS?)",
            (false, 404) => " (is health.path a page of the site?)",
            _ => "",
        };
    }

    internal sealed record TimedOut(TimeSpan After) : ProbeResult
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"did not answer within {After.TotalSeconds:0.###} s");
    }

    /// <summary>The connection was refused, reset, or carried something that is no HTTP.</summary>
    /// <param name="IsDeaf">Nobody listens there.</param>
    internal sealed record Broken(string Reason, bool IsDeaf = false) : ProbeResult
    {
        /// <summary>The reason may quote what the other side sent.</summary>
        public override string ToString() => $"could not be asked: {string.Concat(Reason.Select(letter => char.IsControl(letter) ? ' ' : letter))}";
    }

    /// <summary>The public address does not answer, but the workers do where nobody queues: they have more to do than they can, and a new generation would have no less.</summary>
    internal sealed record Busy(ProbeResult InPublic) : ProbeResult
    {
        /// <summary>Not busy, but out of reach: its address or its path is not its own any more, and no new generation would change that.</summary>
        public bool IsOutOfReach => InPublic is Broken { IsDeaf: true };

        /// <summary>One word for it.</summary>
        public string Kind => IsOutOfReach ? "out of reach for clients until the unit is restarted" : "busy";

        public override string ToString() => $"{InPublic} where it is served; on its private socket it answers";
    }

    /// <summary>The private socket answers, the public address not yet.</summary>
    internal sealed record NotInPublic(ProbeResult InPublic) : ProbeResult
    {
        public override string ToString() => $"{InPublic} where it is served; on its private socket it answers";
    }

    /// <summary>Busy counts: what it would be replaced by is no faster.</summary>
    public bool Succeeded => this is Answered { IsAccepted: true } or Busy;
}
