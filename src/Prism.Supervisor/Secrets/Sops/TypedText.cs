using System.Globalization;

namespace Prism.Supervisor.Secrets.Sops;

/// <summary>A decrypted value by its type: what the file prints, and what its MAC is taken over (sops.go: ToBytes; stores/dotenv). Types come from files converted from YAML or JSON; they are not authenticated.</summary>
internal sealed class TypedText(string shown, string authenticated)
{
    public string Shown => shown;

    public string Authenticated => authenticated;

    /// <summary>Null for a type, or a text of that type, that sops would not have written: bytes make sops itself panic, a comment is no value.</summary>
    public static TypedText? TryRead(string type, string text) => type switch
    {
        "str" => new TypedText(text, text),
        "int" => ReadInteger(text),
        "float" => ReadFloat(text),
        "bool" => ReadBoolean(text),
        "time" when Timestamp.Normalize(text) == text => new TypedText(text, text),
        _ => null,
    };

    private static TypedText? ReadInteger(string text)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        var shown = number.ToString(CultureInfo.InvariantCulture);
        return new TypedText(shown, shown);
    }

    private static TypedText? ReadFloat(string text)
    {
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text, Style, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? new TypedText(GoFloat.Shortest(number), GoFloat.Plain(number))
            : null;
    }

    private static TypedText? ReadBoolean(string text) => text switch
    {
        "True" or "true" or "TRUE" or "t" or "T" or "1" => new TypedText("true", "True"),
        "False" or "false" or "FALSE" or "f" or "F" or "0" => new TypedText("false", "False"),
        _ => null,
    };
}
