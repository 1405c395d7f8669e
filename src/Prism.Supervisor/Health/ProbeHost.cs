namespace Prism.Supervisor.Health;

/// <summary>The Host header that Django will accept: pure.</summary>
internal static class ProbeHost
{
    /// <summary>The first name of ALLOWED_HOSTS that a request can carry: a leading dot means the domain itself, and * means any.</summary>
    public static string From(string? configured, string? allowedHosts, string address)
    {
        if (configured is not null)
        {
            return configured;
        }

        var names = (allowedHosts ?? "").Split([',', ' ', '[', ']', '"', '\''], StringSplitOptions.RemoveEmptyEntries);
        return names.Select(name => name.TrimStart('.')).FirstOrDefault(IsName) switch
        {
            null => address,
            var name when name.Contains(':', StringComparison.Ordinal) => $"[{name}]",
            var name => name,
        };
    }

    private static bool IsName(string name) =>
        name.Length > 0 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_' or ':');
}
