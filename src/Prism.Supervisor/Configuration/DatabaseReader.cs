namespace Prism.Supervisor.Configuration;

/// <summary>Reads `database.*`.</summary>
internal static class DatabaseReader
{
    private const string Usual = "postgresql.service";

    // systemd.unit(5)
    private const int LongestUnitName = 255;

    public static DatabaseOptions Read(Settings settings) => new(
        Wait: settings.SecondsOr("unlimited", "database.waitSeconds", 600, 0, 604800),
        Unit: ReadUnit(settings));

    private static string? ReadUnit(Settings settings)
    {
        var unit = settings.Text("database.unit", Usual);
        return unit.Length == 0 ? null
            : IsUnit(unit) ? unit
            : settings.Fault($"database.unit must be the name of a unit such as postgresql.service or postgresql.target, or empty, not '{unit}'", Usual);
    }

    private static bool IsUnit(string unit) =>
        unit.Length <= LongestUnitName
        && (unit.EndsWith(".service", StringComparison.Ordinal) || unit.EndsWith(".target", StringComparison.Ordinal))
        && !unit.StartsWith('.')
        && unit.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is ':' or '-' or '_' or '.' or '\\' or '@');
}
