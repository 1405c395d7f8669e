using Prism.Supervisor.Secrets.Sops;

namespace Prism.Supervisor.Secrets;

/// <summary>Holds a file against the policy: what nobody vouches for passes only where the operator has said so, and each name that does not is told.</summary>
internal sealed class PolicyCheck(SecretPolicy policy, SecretReport report)
{
    /// <summary>The empty and the clear entries of a sops file; comments are nobody's value.</summary>
    public void Entries(IReadOnlyList<SopsEntry> entries, bool macOnlyEncrypted)
    {
        Judge(EntryKind.Empty, "empty, and so not authenticated (anybody who can write the file can add such a line)");
        Judge(EntryKind.Clear, macOnlyEncrypted ? "in clear and not authenticated (mac_only_encrypted)" : "in clear, their names not authenticated");

        void Judge(EntryKind kind, string what)
        {
            var names = entries.Where(e => e.Kind == kind).Select(e => e.Name!).ToList();
            if (names.Where(name => !Passes(name)).ToList() is { Count: > 0 } refused)
            {
                report.Faults.Add($"{what}: {Quoted.Names(refused)}; {Remedy(kind)}");
            }
            else if (policy.Unauthenticated == Unauthenticated.Allow && names.Where(name => !policy.Named.Contains(name)).ToList() is { Count: > 0 } allowed)
            {
                report.Warnings.Add($"{what}: {Quoted.Names(allowed)}");
            }
        }
    }

    /// <summary>The names that the environment will have, encrypted or not: whoever knows the public key can write a valid file (age does not authenticate the sender).</summary>
    public void Steering(SecretEnvironment values)
    {
        if (values.Select(pair => pair.Key).Where(Steers).ToList() is { Count: > 0 } steering)
        {
            report.Faults.Add($"would steer what processes load and run: {Quoted.Names(steering)}; remove them from the file, or list them in secrets.allowNames");
        }
    }

    /// <summary>Why a variable of this protection stops the reading; null when it passes.</summary>
    public string? Objection(string name, EntryKind? kind) => true switch
    {
        _ when Steers(name) => "steers processes",
        _ when kind is EntryKind.Empty or EntryKind.Clear && !Passes(name) => "not authenticated",
        _ => null,
    };

    private bool Steers(string name) => !policy.AllowsSteering && SteeringNames.Contains(name) && !policy.AllowNames.Contains(name);

    private bool Passes(string name) => policy.Unauthenticated switch
    {
        Unauthenticated.Allow => true,
        Unauthenticated.Named => policy.Named.Contains(name),
        Unauthenticated.Refuse => false,
    };

    private string Remedy(EntryKind kind) => (policy.Unauthenticated, kind) switch
    {
        (Unauthenticated.Refuse, EntryKind.Empty) => "remove the line, or give it a value with sops (secrets.unauthenticated is refuse)",
        (Unauthenticated.Refuse, _) => "encrypt the value with sops (secrets.unauthenticated is refuse)",
        (_, EntryKind.Empty) => "remove the line, give it a value with sops, or list the name in secrets.allowNames",
        _ => "encrypt the value with sops, or list the name in secrets.allowNames",
    };
}
