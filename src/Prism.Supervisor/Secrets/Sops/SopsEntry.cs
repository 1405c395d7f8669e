namespace Prism.Supervisor.Secrets.Sops;

/// <summary>A line of the decrypted file: a comment, or a variable. Prints its name only.</summary>
internal sealed class SopsEntry(int line, string? name, string text, EntryKind kind)
{
    public int Line => line;

    /// <summary>Null for a comment.</summary>
    public string? Name => name;

    public string Text => text;

    public EntryKind Kind => kind;

    public override string ToString() => name is null ? "#" : Quoted.Name(name);
}

/// <summary>How far the key and the MAC vouch for an entry.</summary>
internal enum EntryKind
{
    /// <summary>Encrypted text, bound to its name.</summary>
    Encrypted,

    /// <summary>Encrypted, of a type other than text; sops does not authenticate the type.</summary>
    Typed,

    /// <summary>Clear; at most its value is authenticated.</summary>
    Clear,

    /// <summary>Empty, and so neither encrypted nor authenticated.</summary>
    Empty,

    /// <summary>Outside the MAC.</summary>
    Comment,
}
