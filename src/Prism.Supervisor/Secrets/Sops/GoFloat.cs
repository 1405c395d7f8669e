using System.Globalization;

namespace Prism.Supervisor.Secrets.Sops;

/// <summary>Finite floating point numbers as Go's strconv.FormatFloat prints them with the fewest digits that read back the same.</summary>
internal static class GoFloat
{
    private const int FirstExponent = 6;

    /// <summary>Format 'f' with precision -1: never an exponent.</summary>
    public static string Plain(double number)
    {
        var (sign, digits, point) = Decompose(number);
        return point <= 0 ? $"{sign}0.{new string('0', -point)}{digits}".TrimEnd('0').TrimEnd('.')
            : point >= digits.Length ? sign + digits.PadRight(point, '0')
            : $"{sign}{digits[..point]}.{digits[point..]}";
    }

    /// <summary>Format 'G' with precision -1, and a point or an exponent always, lest it pass for an integer.</summary>
    public static string Shortest(double number)
    {
        var (sign, digits, point) = Decompose(number);
        var exponent = point - 1;
        if (exponent < -4 || exponent >= FirstExponent)
        {
            var fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}{fraction}E{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        }

        var plain = Plain(number);
        return plain.Contains('.', StringComparison.Ordinal) ? plain : plain + ".0";
    }

    /// <summary>The number as sign, digits and the place of the point before or behind them: 0.digits times ten to the point.</summary>
    private static (string Sign, string Digits, int Point) Decompose(double number)
    {
        var text = Math.Abs(number).ToString("E16", CultureInfo.InvariantCulture);
        for (var precision = 0; precision < 17; precision++)
        {
            // The fewest digits that read back the same.
            var candidate = Math.Abs(number).ToString("E" + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (double.Parse(candidate, CultureInfo.InvariantCulture) == Math.Abs(number))
            {
                text = candidate;
                break;
            }
        }

        var parts = text.Split('E');
        var digits = parts[0].Replace(".", "", StringComparison.Ordinal).TrimEnd('0');
        var sign = double.IsNegative(number) ? "-" : "";
        return digits.Length == 0 ? (sign, "0", 1) : (sign, digits, int.Parse(parts[1], CultureInfo.InvariantCulture) + 1);
    }
}
