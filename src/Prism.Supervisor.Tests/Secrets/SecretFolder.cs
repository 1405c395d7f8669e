using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Tests.Secrets;

/// <summary>A temporary folder with secret files, and the shortest way to read them.</summary>
internal sealed class SecretFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("secrets-");

    public string Root => folder.FullName;

    public string Write(string name, string text) => Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(folder.FullName, name);
        File.WriteAllBytes(path, bytes);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    public static IReadOnlyList<KeyValuePair<string, string>> Revealed(SecretReading reading) =>
        [.. reading.Values.Select(p => KeyValuePair.Create(p.Key, p.Value.Reveal()))];

    public static SecretReading Read(
        string path,
        IdentitySources? identities = null,
        SecretFormat format = SecretFormat.Auto,
        SecretDialect dialect = SecretDialect.Systemd,
        string[]? required = null,
        string[][]? together = null,
        SecretPolicy? policy = null) =>
        new SecretSource(new SecretRequest(path, format, dialect, required ?? [], together ?? [], policy ?? SecretPolicy.AllowAll), identities ?? new IdentitySources(null, null, null, null)).Read();

    public static string Refusal(Action action) => Assert.Throws<StartupException>(action).Message;

    public void Dispose() => folder.Delete(recursive: true);
}
