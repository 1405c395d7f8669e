using System.ComponentModel;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.StaticFiles;

/// <summary>Gives each release a folder of static files of its own (docs/operations.md, "Static files"): collected under another name, made readable, lent what the previous one had and it lacks, and only then complete. What serves is never touched.</summary>
internal sealed class StaticCollector(TimeProvider time, ILogger<StaticCollector> log)
{
    private const string Step = "collectstatic";

    // Held until the process ends, so that nobody sweeps them away: the candidate, the one that serves, and the one that may still be retiring.
    private Folder? candidate;
    private Folder? serving;
    private Folder? retiring;

    /// <summary>The removal of what is not needed any more, beside the loop.</summary>
    public Task Sweeping { get; private set; } = Task.CompletedTask;

    /// <summary>Throws <see cref="StartupException"/> when it cannot be had; nothing is left of the attempt then. Null when the command has put nothing into the folder that it was given.</summary>
    /// <param name="collect">Runs collectstatic with this STATIC_ROOT.</param>
    public async Task<StaticRelease?> PrepareAsync(StaticRequest request, Func<string, Task> collect)
    {
        await Sweeping;
        (candidate, var abandoned) = (null, candidate);
        abandoned?.Dispose();
        var store = OpenStore(request);
        try
        {
            var path = new PublicPath(request.PublicPath, request.Kept);
            using var lenders = new Lenders(store, path);
            Sweep(store, path, request.Fingerprint);
            if (Ready(store, lenders, request) is { } ready && Hold(store, ready))
            {
                log.NothingToCollect($"{store.Path}/{ready}", Step);
                return Release(store.Path, path, ready);
            }

            return !request.IsLeftOut && await MakeAsync(store, lenders, request, collect) is { } made ? Release(store.Path, path, made) : null;
        }
        catch (Exception fault) when (fault is Win32Exception or IOException or UnauthorizedAccessException)
        {
            throw new StartupException(
                ExitCode.CollectstaticFailed,
                Space.IsGone(fault) ? Space.Line(store.Path, 0, before: null) : $"the static files cannot be kept in {store.Path}: {fault.Message}",
                fault);
        }
        finally
        {
            store.Dispose();
        }
    }

    /// <summary>The folder that <see cref="PrepareAsync"/> will find complete when the release is the one that has served last; null: it is another. Looks at a link, changes nothing and promises nothing.</summary>
    public static string? Expect(StaticRequest request) =>
        !request.IsForced
        && StaticStore.LastServed(request.PublicPath, request.Kept[0]) is { } path
        && (request.IsLeftOut || (request.Fingerprint is { } fingerprint && StaticStore.IsOf(Path.GetFileName(path), fingerprint))) ? path : null;

    private static StaticStore OpenStore(StaticRequest request)
    {
        try
        {
            return StaticStore.Open(request.PublicPath, request.Kept[0]);
        }
        catch (Exception fault) when (fault is Win32Exception or IOException or UnauthorizedAccessException)
        {
            throw new StartupException(ExitCode.CollectstaticFailed, $"static.path: there is no room for the releases of {request.PublicPath}: {fault.Message}", fault);
        }
    }

    /// <summary>A complete folder with the same content, which has what it is to be lent.</summary>
    private static string? Ready(StaticStore store, Lenders lenders, StaticRequest request) => request switch
    {
        { IsLeftOut: true } => store.Serving(),
        { IsForced: false, Fingerprint: { } fingerprint } => store.Of(fingerprint).FirstOrDefault(lenders.HaveLentTo),
        _ => null,
    };

    private async Task<string?> MakeAsync(StaticStore store, Lenders lenders, StaticRequest request, Func<string, Task> collect)
    {
        var half = StaticStore.NewHalf();
        store.Folder.Make(half, 0b111_101_101);
        var folder = store.Folder.Open(half) ?? throw new DirectoryNotFoundException($"{half} is gone");
        _ = folder.Hold();
        try
        {
            var copied = request is { Fingerprint: { } known, IsForced: false } ? store.Of(known).FirstOrDefault() : null;
            if (copied is null)
            {
                await collect($"{store.Path}/{half}");
            }
            else
            {
                // A roll-back: collected already, and lent other files now.
                using var source = store.Folder.Open(copied);
                _ = FileTree.Lend(source!, store.ListOf(copied)!.Own.ToHashSet(StringComparer.Ordinal), folder);
            }

            var own = FileTree.MakeReadable(folder);
            if (own.Count == 0)
            {
                log.Warned(Ignored, Step);
                return null;
            }

            if (lenders.Twin(folder, own, request.Fingerprint) is { } twin && Hold(store, twin))
            {
                log.NothingToCollect($"{store.Path}/{twin}", Step);
                return twin;
            }

            if (lenders.LendTo(folder) is > 0 and var missing)
            {
                log.Warned($"{missing} static files of the previous release could be neither linked nor copied: pages that browsers still show may miss them", Step);
            }

            var name = store.Complete(half, request.Fingerprint, time.GetUtcNow(), new FileList(lenders.Names, own));
            candidate = folder;
            return name;
        }
        catch (Exception fault) when (Space.IsGone(fault))
        {
            var reached = FileTree.Size(folder);
            _ = FileTree.Remove(store.Folder, half);
            throw new StartupException(ExitCode.CollectstaticFailed, Space.Line(store.Path, reached, lenders.CurrentSize()), fault);
        }
        finally
        {
            _ = FileTree.Remove(store.Folder, half);
            if (candidate != folder)
            {
                folder.Dispose();
            }
        }
    }

    private const string Ignored =
        "collectstatic has put nothing into the folder of this release (STATIC_ROOT): the site serves what it had, and may serve it half-changed in a reload; let its settings take STATIC_ROOT from the environment, or leave the step out (steps.collectstatic: [])";

    /// <summary>False when another supervisor is just removing it.</summary>
    private bool Hold(StaticStore store, string name)
    {
        var folder = store.Folder.Open(name);
        if (folder?.Hold() == true)
        {
            candidate = folder;
            return true;
        }

        folder?.Dispose();
        return false;
    }

    private StaticRelease Release(string storePath, PublicPath path, string name)
    {
        var held = candidate;
        var isProven = false;
        return new StaticRelease($"{storePath}/{name}", () =>
        {
            if (!isProven)
            {
                isProven = true;
                Prove(storePath, path, name, held);
            }
        });
    }

    /// <summary>On the loop's thread: a few names are changed; what takes time goes beside it.</summary>
    private void Prove(string storePath, PublicPath path, string name, Folder? held)
    {
        retiring?.Dispose();
        (retiring, serving, candidate) = (serving, held, null);
        StaticStore? store = null;
        try
        {
            store = StaticStore.Reopen(storePath);
            if (store.Recorded(StaticStore.Current) is var before && before != name)
            {
                if (before is not null)
                {
                    store.Record(StaticStore.Previous, before);
                }

                store.Record(StaticStore.Current, name);
            }

            SwitchTo(store, path, name);
        }
        catch (Exception fault) when (fault is StartupException or Win32Exception or IOException or UnauthorizedAccessException)
        {
            log.Warned(fault is StartupException ? fault.Message : $"the static files of this release are in {storePath}/{name}, but what leads there could not be switched: {fault.Message}", Step);
        }
        finally
        {
            store?.Dispose();
        }

        Sweeping = Task.Run(() => SweepLater(storePath, path));
    }

    private void SwitchTo(StaticStore store, PublicPath path, string name)
    {
        var before = path.Release(store);
        if (path.Switch(store, name) is { } found)
        {
            // Nothing was there before it: it is what a release before this one would be.
            if (store.Recorded(StaticStore.Previous) is null)
            {
                store.Record(StaticStore.Previous, found);
            }

            log.TakenOver(path.Path, $"{store.Path}/{found}", Step);
        }
        else if (before != name)
        {
            log.Switched(path.Path, $"{store.Path}/{name}", Step);
        }
    }

    private void SweepLater(string storePath, PublicPath path)
    {
        try
        {
            using var store = StaticStore.Reopen(storePath);
            Sweep(store, path, fingerprint: null);
        }
        catch (Exception fault) when (fault is Win32Exception or IOException or UnauthorizedAccessException)
        {
            log.Warned($"the static files of older releases could not be removed from {storePath}: {fault.Message}", Step);
        }
    }

    private void Sweep(StaticStore store, PublicPath path, string? fingerprint)
    {
        var kept = new[] { store.Folder.LinkTarget(StaticStore.Current), store.Folder.LinkTarget(StaticStore.Previous), path.Release(store) }
            .Concat(fingerprint is null ? [] : store.Of(fingerprint))
            .OfType<string>();
        if (store.Sweep(kept.ToHashSet(StringComparer.Ordinal)) is { Count: > 0 } stuck)
        {
            log.Warned($"static files of older releases could not be removed: {string.Join(", ", stuck.Select(name => $"{store.Path}/{name}"))}", Step);
        }
    }
}
