namespace Prism.Supervisor.Secrets;

/// <summary>What one reading found out, as far as it got: for secrets check. Names, places and public keys; never a value.</summary>
internal sealed class SecretReport
{
    /// <summary>sops or env; null until the file has been looked at.</summary>
    public string? Format { get; set; }

    /// <summary>Of the sops that wrote the file; null for a plain one.</summary>
    public string? SopsVersion { get; set; }

    public string? LastModified { get; set; }

    /// <summary>The age key of a place, or an external sops; null for a plain file, and until it is opened.</summary>
    public string? OpenedBy { get; set; }

    /// <summary>Whom the file is encrypted for: public keys, or kinds of keys.</summary>
    public List<RecipientFinding> Recipients { get; } = [];

    /// <summary>Every key that was within reach, in the order of trying.</summary>
    public List<IdentityFinding> Identities { get; } = [];

    /// <summary>Places that should have held a key, and why they did not.</summary>
    public List<string> IdentityFaults { get; } = [];

    /// <summary>The file's variables in order.</summary>
    public List<NameFinding> Names { get; } = [];

    /// <summary>Required names without a value, and halves of groups.</summary>
    public List<string> Missing { get; } = [];

    /// <summary>Names that the two dialects read differently.</summary>
    public List<string> Differences { get; } = [];

    public List<string> Warnings { get; } = [];

    /// <summary>Why the file is refused, one line for each reason; empty when it may be used.</summary>
    public List<string> Faults { get; } = [];
}

/// <summary>A recipient of a file.</summary>
/// <param name="Name">Its public key, or the kind of key it is.</param>
/// <param name="Group">From 1; more than 1 only with a Shamir threshold.</param>
/// <param name="OpenedBy">The place whose key opened it; null: none did, or another one had been enough.</param>
/// <param name="Fault">What is wrong with it, if something is.</param>
internal sealed record RecipientFinding(string Name, int Group, string? OpenedBy, string? Fault);

/// <summary>A key within reach.</summary>
/// <param name="Source">Where it came from.</param>
/// <param name="Recipient">Its public half.</param>
/// <param name="Exposed">Whether every process of the service's user can read it.</param>
internal sealed record IdentityFinding(string Source, string Recipient, bool Exposed);

/// <summary>A variable of a file.</summary>
/// <param name="Name">As it may be shown.</param>
/// <param name="Protection">encrypted, typed (encrypted, its type not authenticated), clear, empty, or plain in a file that is not encrypted.</param>
/// <param name="Authenticated">Whether name and value are vouched for.</param>
/// <param name="Objection">Why it stops a run; null when it passes.</param>
internal sealed record NameFinding(string Name, string Protection, bool Authenticated, string? Objection);
