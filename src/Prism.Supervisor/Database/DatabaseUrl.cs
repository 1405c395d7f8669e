namespace Prism.Supervisor.Database;

/// <summary>A postgres:// address taken apart as dj-database-url does it (urllib.parse.urlsplit): what stands in it is percent-encoded, a folder as a host included. Pure; any text will do.</summary>
internal sealed class DatabaseUrl
{
    // dj-database-url's and django-environ's names for what speaks PostgreSQL's protocol and has its limits.
    private static readonly string[] Schemes = ["postgres", "postgresql", "pgsql", "psql", "postgis", "timescale", "timescalegis"];

    private readonly Dictionary<string, string> settings = new(StringComparer.Ordinal);

    private DatabaseUrl(string authority, string path, string query)
    {
        foreach (var pair in query.Split('&'))
        {
            var (name, value) = Cut(pair, '=');
            Add(name.Replace('+', ' '), value.Replace('+', ' '));
        }

        // Django lets what stands in front of the query win, where it is not empty.
        var at = authority.LastIndexOf('@');
        var (user, password) = Cut(at < 0 ? "" : authority[..at], ':');
        var place = authority[(at + 1)..];
        var (host, port) = place is ['[', ..] ? Cut(place[1..], ']') : Cut(place, ':');
        Add("user", user);
        Add("password", password);
        Add("host", host);
        Add("port", port.TrimStart(':'));
        _ = settings.Remove("dbname"); // Django wants it in the path.
        Add("dbname", path);
    }

    /// <summary>Null when it is not PostgreSQL's.</summary>
    public static DatabaseUrl? Read(string text)
    {
        var (scheme, rest) = Cut(text, "://");
        if (!Schemes.Contains(scheme, StringComparer.OrdinalIgnoreCase))
        {
            return null;
        }

        var (address, query) = Cut(Cut(rest, '#').Before, '?');
        var (authority, path) = Cut(address, '/');
        return new DatabaseUrl(authority, path, query);
    }

    /// <summary>By libpq's keyword; null when it is not given, or empty.</summary>
    public string? Setting(string keyword) => settings.GetValueOrDefault(keyword);

    public override string ToString() => "***";

    private void Add(string name, string encoded)
    {
        if (encoded.Length > 0)
        {
            settings[Uri.UnescapeDataString(name)] = Uri.UnescapeDataString(encoded);
        }
    }

    private static (string Before, string After) Cut(string text, char mark) => Cut(text, mark.ToString());

    private static (string Before, string After) Cut(string text, string mark)
    {
        var at = text.IndexOf(mark, StringComparison.Ordinal);
        return at < 0 ? (text, "") : (text[..at], text[(at + mark.Length)..]);
    }
}
