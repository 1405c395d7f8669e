using System.Security.Cryptography;
using System.Text;
using Prism.Supervisor.Secrets.Age;

namespace Prism.Supervisor.Secrets;

/// <summary>A key and the place it came from.</summary>
internal sealed record HeldKey(Identity Identity, string Source);

/// <summary>Every age key within reach, and what kept a place from giving one: as in sops all places are read, and a fault in one stops no other. Wiped when disposed.</summary>
internal sealed class Keyring : IDisposable
{
    private const string Variable = "SOPS_AGE_KEY";

    private readonly List<HeldKey> keys = [];
    private readonly List<string> faults = [];
    private readonly List<string> exposed = [];
    private bool forbidden;

    public IReadOnlyList<HeldKey> Keys => keys;

    public IReadOnlyList<string> Faults => faults;

    /// <summary>The places with a key that every process of this user can read.</summary>
    public IReadOnlyList<string> Exposed => exposed;

    public static Keyring Gather(IdentitySources sources)
    {
        var ring = new Keyring();
        if (sources.Descriptor is { } descriptor)
        {
            ring.Add("descriptor age-key", isExposed: false, what => SmallFile.Read(descriptor, what), KeyFile.Parse);
        }

        if (!string.IsNullOrEmpty(sources.CredentialsDirectory) && Path.Join(sources.CredentialsDirectory, "age-key") is var credential && File.Exists(credential))
        {
            ring.Add("credential age-key", isExposed: true, what => SmallFile.Read(credential, what).Bytes, KeyFile.Parse);
        }

        if (!string.IsNullOrEmpty(sources.KeyFile))
        {
            ring.Add($"SOPS_AGE_KEY_FILE {Quoted.Path(sources.KeyFile)}", isExposed: true, what => SmallFile.Read(sources.KeyFile, what).Bytes, KeyFile.Parse);
        }

        if (!string.IsNullOrEmpty(sources.KeyText))
        {
            ring.Add(Variable, isExposed: true, _ => Encoding.UTF8.GetBytes(sources.KeyText), KeyFile.ParseVariable);
        }

        return ring;
    }

    /// <summary>At least one key, or the reasons why there is none.</summary>
    public void RequireKeys(string where, string recipients)
    {
        if (keys.Count > 0)
        {
            return;
        }

        if (faults.Count == 0)
        {
            throw Refusal.Because($"{where}: is for {recipients}, and there is no age key; looked for the descriptor age-key (OpenFile=), the credential age-key (LoadCredential=), SOPS_AGE_KEY_FILE and SOPS_AGE_KEY; give one of them, best OpenFile=/path/of/key:age-key:read-only");
        }

        var line = $"{where}: is for {recipients}, and there is no usable age key: {string.Join("; ", faults)}";
        throw forbidden ? Refusal.NoPermission(line) : Refusal.Because(line);
    }

    public void Dispose() => keys.ForEach(k => k.Identity.Dispose());

    private delegate IReadOnlyList<Identity> Parser(ReadOnlySpan<byte> text);

    private void Add(string source, bool isExposed, Func<string, byte[]> read, Parser parse)
    {
        byte[] text = [];
        try
        {
            text = read(source);
            keys.AddRange(parse(text).Select(identity => new HeldKey(identity, source)));
            if (isExposed)
            {
                exposed.Add(source);
            }
        }
        catch (StartupException fault)
        {
            faults.Add(fault.Message);
            forbidden |= fault.Code == ExitCode.NoPermission;
        }
        catch (FormatException fault)
        {
            faults.Add($"{source} {fault.Message}");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }
}
