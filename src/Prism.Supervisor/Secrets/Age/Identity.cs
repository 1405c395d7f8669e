namespace Prism.Supervisor.Secrets.Age;

/// <summary>Something that can open age files: a private key. Wiped when disposed; prints its public half only.</summary>
internal abstract class Identity : IDisposable
{
    /// <summary>The public half, as a sops file names its recipients.</summary>
    public abstract string Recipient { get; }

    /// <summary>The file key, or null if the stanza is somebody else's.</summary>
    /// <exception cref="FormatException">The stanza is of this identity's kind and malformed: the whole file is refused.</exception>
    public abstract byte[]? Unwrap(Stanza stanza);

    public abstract void Dispose();

    public sealed override string ToString() => Recipient;
}
