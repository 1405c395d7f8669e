namespace Prism.Supervisor.Tests.Support;

/// <summary>A folder of the test's own; gone afterwards.</summary>
internal sealed class TempFolder : IDisposable
{
    // Short, since unix socket paths have 108 bytes.
    public string Path { get; } = Directory.CreateTempSubdirectory("prism-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    /// <summary>For its owner's eyes only.</summary>
    public string WriteSecret(string name, string text)
    {
        _ = Write(name, text);
        File.SetUnixFileMode(this[name], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return this[name];
    }

    public string WriteScript(string name, string text)
    {
        _ = Write(name, text);
        File.SetUnixFileMode(this[name], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return this[name];
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
