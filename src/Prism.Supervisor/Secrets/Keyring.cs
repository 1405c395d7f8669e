using System.Security.Cryptography;
using Prism.Supervisor.Secrets.Age;
using Prism.Supervisor.Secrets.Sops;

namespace Prism.Supervisor.Secrets;

/// <summary>A key and the places it came from: found twice, it is one.</summary>
internal sealed record HeldKey(Identity Identity, IReadOnlyList<string> Sources, bool Exposed)
{
    /// <summary>The first of its places.</summary>
    public string Source => Sources[0];
}

/// <summary>Every age key within reach, and what kept a place from giving one: as in sops all places are read, and a fault in one stops no other. Wiped when disposed.</summary>
internal sealed class Keyring : IDisposable
{
    private readonly List<HeldKey> keys = [];
    private readonly List<string> faults = [];
    private readonly List<string> defaultFaults = [];
    private readonly List<string> exposed = [];
    private readonly bool likeSops;
    private bool forbidden;

    private Keyring(IdentitySources sources) => (Files, likeSops) = (new KeyFiles(sources.Care), sources.Runner is not null);

    /// <summary>In the order of trying: age's own keys first, then ssh keys, each in the order of the places.</summary>
    public IReadOnlyList<HeldKey> Keys => keys;

    /// <summary>Where their files are, and what is doubtful about them.</summary>
    public KeyFiles Files { get; }

    /// <summary>What is wrong with the places that were named.</summary>
    public IReadOnlyList<string> Faults => faults;

    /// <summary>What is wrong with files in the places where sops looks unasked: worth a word only when nothing opens, they may be none of ours.</summary>
    public IReadOnlyList<string> DefaultFaults => defaultFaults;

    /// <summary>The places with a key that every process of this user can read, where that is worth a word: a person's own keys are where sops wants them.</summary>
    public IReadOnlyList<string> Exposed => exposed;

    /// <summary>Whether a place has a key that only an external sops could use: of a plugin, post-quantum, or behind a passphrase.</summary>
    public bool NeedsExternalSops { get; private set; }

    public static Keyring Gather(IdentitySources sources)
    {
        var ring = new Keyring(sources);
        foreach (var place in KeyPlace.Of(sources, ring.Files))
        {
            ring.Add(place, place.IsCommand ? sources.Wanted : []);
        }

        var sorted = ring.keys.OrderBy(k => k.Identity.IsNative ? 0 : 1).ToList();
        ring.keys.Clear();
        ring.keys.AddRange(sorted);
        return ring;
    }

    /// <summary>Every key for the report, also when none opened anything.</summary>
    public IEnumerable<IdentityFinding> Findings() =>
        keys.Select(k => new IdentityFinding(string.Join(" and ", k.Sources), k.Identity.Recipient, k.Exposed));

    /// <summary>The reasons why there is no key; null when there is one.</summary>
    public StartupException? WhyEmpty(string where, string recipients, string otherwise)
    {
        if (keys.Count > 0)
        {
            return null;
        }

        var all = faults.Concat(defaultFaults).ToList();
        if (all.Count == 0)
        {
            return Refusal.Because($"{where}: is for {recipients}, and there is no age key; looked for the descriptor age-key (OpenFile=), the credential age-key (LoadCredential=), SOPS_AGE_SSH_PRIVATE_KEY_FILE, SOPS_AGE_KEY_FILE and SOPS_AGE_KEY{(likeSops ? ", their commands (…_CMD), .ssh/id_ed25519, .ssh/id_rsa and sops/age/keys.txt" : "")}; give one of them, best OpenFile=/path/of/key:age-key:read-only{otherwise}");
        }

        var line = $"{where}: is for {recipients}, and there is no usable age key: {string.Join("; ", all)}{otherwise}";
        return forbidden ? Refusal.NoPermission(line) : Refusal.Because(line);
    }

    public void Dispose() => keys.ForEach(k => k.Identity.Dispose());

    /// <summary>A command is asked for one recipient after the other, in each key group until a key of it is here; that it has none for some is no fault.</summary>
    private void Add(KeyPlace place, IReadOnlyList<IReadOnlyList<string>> wanted)
    {
        var (found, faultsHere) = (false, new List<string>());
        foreach (var group in wanted.Where(group => group.Count > 0).DefaultIfEmpty([null!]))
        {
            foreach (var recipient in group.TakeWhile(_ => !found || !group.Any(Holds)))
            {
                var faultsNow = new List<string>();
                var gave = Add(place, recipient, faultsNow);
                faultsHere = gave && !found ? faultsNow : gave || !found ? [.. faultsHere, .. faultsNow] : faultsHere;
                found |= gave;
            }
        }

        (place.IsDefault ? defaultFaults : faults).AddRange(faultsHere.Distinct(StringComparer.Ordinal));
    }

    /// <summary>Whether there was something in it.</summary>
    private bool Add(KeyPlace place, string? recipient, List<string> faultsHere)
    {
        byte[] text = [];
        var others = new List<string>();
        try
        {
            text = place.Read(recipient);
            var identities = place.Parse(text, others);
            foreach (var identity in identities)
            {
                Add(identity, place);
            }

            if (place.IsExposed && identities.Count > 0 && !(place.IsDefault && Files.AreOfPerson) && !exposed.Contains(place.Name))
            {
                exposed.Add(place.Name);
            }

            return true;
        }
        catch (StartupException fault)
        {
            faultsHere.Add(fault.Message);
            forbidden |= fault.Code == ExitCode.NoPermission;
        }
        catch (FormatException fault)
        {
            faultsHere.Add($"{place.Name} {fault.Message}");
            NeedsExternalSops |= fault.Message == SshKey.Locked && !place.IsDefault;
        }
        finally
        {
            faultsHere.AddRange(others.Select(other => $"{place.Name} {other}"));
            NeedsExternalSops |= others.Count > 0 || KeyFile.IsEncrypted(text);
            CryptographicOperations.ZeroMemory(text);
        }

        return false;
    }

    private bool Holds(string label)
    {
        var name = RecipientName.Whole(label);
        return keys.Exists(key => key.Identity.Recipient == name);
    }

    private void Add(Identity identity, KeyPlace place)
    {
        var known = keys.FindIndex(k => k.Identity.Recipient == identity.Recipient);
        if (known < 0)
        {
            keys.Add(new HeldKey(identity, [place.Name], place.IsExposed));
            return;
        }

        identity.Dispose();
        var (first, sources, isExposed) = keys[known];
        keys[known] = new HeldKey(first, sources.Contains(place.Name) ? sources : [.. sources, place.Name], isExposed || place.IsExposed);
    }
}
