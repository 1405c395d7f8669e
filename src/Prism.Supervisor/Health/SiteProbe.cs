namespace Prism.Supervisor.Health;

/// <summary>
/// Asks one generation: on its private socket, where nobody else answers, and on the public address, where clients are. Until
/// it is proven both must answer; afterwards the private one tells busy from hung. Disposes both probes.
/// </summary>
/// <param name="publicProbe">Null: it is served on its private socket alone.</param>
internal sealed class SiteProbe(HttpProbe privateProbe, HttpProbe? publicProbe) : IDisposable
{
    private volatile bool isPublicShared;

    /// <summary>Whether another generation serves the public address too: an answer there proves nothing then, and blames nobody.</summary>
    public bool IsPublicShared
    {
        get => isPublicShared;
        set => isPublicShared = value;
    }

    /// <summary>What is asked, in words.</summary>
    public string Question => privateProbe.Question;

    public Task<ProbeResult> AskAsync(bool isProven, CancellationToken stopping) => publicProbe is null || (isProven && isPublicShared)
        ? privateProbe.AskAsync(stopping)
        : isProven ? AskProvenAsync(publicProbe, stopping) : AskUnprovenAsync(publicProbe, stopping);

    public void Dispose()
    {
        privateProbe.Dispose();
        publicProbe?.Dispose();
    }

    private async Task<ProbeResult> AskUnprovenAsync(HttpProbe inPublic, CancellationToken stopping)
    {
        var answer = await privateProbe.AskAsync(stopping);
        if (!answer.Succeeded || isPublicShared)
        {
            return answer;
        }

        var heard = await inPublic.AskAsync(stopping);
        return heard.Succeeded ? heard : new ProbeResult.NotInPublic(heard);
    }

    /// <summary>A bad answer is one: who gives it is not busy, and needs no second question.</summary>
    private async Task<ProbeResult> AskProvenAsync(HttpProbe inPublic, CancellationToken stopping)
    {
        var heard = await inPublic.AskAsync(stopping);
        if (heard is ProbeResult.Answered)
        {
            return heard;
        }

        var answer = await privateProbe.AskAsync(stopping);
        return answer switch
        {
            { Succeeded: true } => new ProbeResult.Busy(heard),
            ProbeResult.Answered => answer,
            _ => heard,
        };
    }
}
