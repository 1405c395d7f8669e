namespace Prism.Supervisor.Lifecycle;

/// <summary>The named points of a start, a reload and a stop where a test halts the supervisor, to kill it there (`run --halt-at`, docs/developing.md). Without a folder nothing happens.</summary>
/// <param name="folder">Holds two FIFOs: into `reached` goes the name of a point, then a line is awaited from `go`; null: no halts.</param>
internal sealed class CrashPoints(string? folder)
{
    public const string Start = "start";
    public const string Reload = "reload";
    public const string Stop = "stop";

    private readonly Lock gate = new();

    // Of the loop's effects: what they belong to. A crash of Gunicorn is none of the three.
    private string? part = Start;

    /// <summary>Each of them, in the order in which they are reached; a start that finds its sockets takes them before it reads the secrets, and only such a one launches ahead, before its steps. A verb comes before its effect, a participle after it.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "start/options read",
        "start/secrets read",
        "start/migrate done",
        "start/collectstatic done",
        "start/sockets bound",
        "start/sockets stored",
        "start/generation launched ahead",
        "start/launch generation",
        "start/generation launched",
        "start/say serving",
        "start/tell ready",
        "start/ready told",

        "reload/tell reloading",
        "reload/prepare",
        "reload/options read",
        "reload/secrets read",
        "reload/import done",
        "reload/migrate done",
        "reload/collectstatic done",
        "reload/launch canary",
        "reload/canary launched",
        "reload/await canary span",
        "reload/end canary",
        "reload/canary told to end",
        "reload/launch next generation",
        "reload/next generation launched",
        "reload/promote",
        "reload/say serving",
        "reload/await healthy span",
        "reload/end old generation",
        "reload/old generation told to end",
        "reload/tell success",

        // Instead of what follows a canary that was launched.
        "reload/end what failed",
        "reload/what failed told to end",
        "reload/tell failure",

        "reload/tell ready",
        "reload/ready told",

        "stop/tell stopping",
        "stop/end generation",
        "stop/generation told to end",
        "stop/finish",
        "stop/finished",
    ];

    /// <summary>A point beside the loop.</summary>
    public void Pass(string of, string what)
    {
        if (folder is not null)
        {
            Halt($"{of}/{what}");
        }
    }

    /// <summary>The step of a start or of a reload has been done.</summary>
    public void PassStep(string of, string step)
    {
        if (folder is not null)
        {
            Halt($"{of}/{step} done");
        }
    }

    /// <summary>The loop is about to perform an effect; the state is the one that came with it.</summary>
    public void Before(Effect effect, UnitState state)
    {
        if (folder is null)
        {
            return;
        }

        part = effect switch
        {
            Effect.TellReloading => Reload,
            Effect.TellStopping => Stop,
            _ => part,
        };
        HaltAt(effect switch
        {
            Effect.Launch(_, var role) => $"launch {Launched(role)}",
            Effect.End => $"end {Ended(state)}",
            Effect.TellReloading => "tell reloading",
            Effect.Prepare => "prepare",
            Effect.AwaitCanarySpan => "await canary span",
            Effect.Promote => "promote",
            Effect.SayServing => "say serving",
            Effect.AwaitHealthySpan => "await healthy span",
            Effect.ReloadSucceeded => "tell success",
            Effect.ReloadFailed => "tell failure",
            Effect.TellReady => "tell ready",
            Effect.TellStopping => "tell stopping",
            Effect.Finish => "finish",
            _ => null,
        });
    }

    /// <summary>The loop has performed an effect, of those whose outcome no other one comes after.</summary>
    public void After(Effect effect, UnitState state)
    {
        if (folder is null)
        {
            return;
        }

        HaltAt(effect switch
        {
            Effect.Launch(_, var role) => $"{Launched(role)} launched",
            Effect.End => $"{Ended(state)} told to end",
            Effect.TellReady => "ready told",
            _ => null,
        });
        part = effect is Effect.TellReady ? null : part;
    }

    private static string Launched(Role role) => role switch
    {
        Role.Current => "generation",
        Role.Canary => "canary",
        Role.Next => "next generation",
    };

    private static string Ended(UnitState state) => (state.Phase, state.Rollout?.Stage) switch
    {
        (Phase.Stopping, _) => "generation",
        (_, Stage.Dismissing) => "canary",
        (_, Stage.Retiring) => "old generation",
        _ => "what failed",
    };

    private void HaltAt(string? what)
    {
        if (part is { } of && what is not null)
        {
            Halt($"{of}/{what}");
        }
    }

    /// <summary>One at a time: a release is prepared beside the loop.</summary>
    private void Halt(string name)
    {
        lock (gate)
        {
            using (var reached = new StreamWriter(Path.Join(folder, "reached"), new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Write, Share = FileShare.ReadWrite }))
            {
                reached.WriteLine(name);
            }

            using var go = new StreamReader(Path.Join(folder, "go"), new FileStreamOptions { Share = FileShare.ReadWrite });
            _ = go.ReadLine();
        }
    }
}
