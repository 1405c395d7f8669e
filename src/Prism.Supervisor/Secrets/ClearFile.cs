using System.Globalization;
using Prism.Supervisor.Secrets.Sops;

namespace Prism.Supervisor.Secrets;

/// <summary>What to say about a secret file that is not encrypted.</summary>
internal static class ClearFile
{
    /// <summary>The remains of a sops file without its metadata would reach Django as passwords that begin with ENC[.</summary>
    public static void RefuseEncrypted(string text, string where)
    {
        if (SopsFile.Recognizes(text))
        {
            throw Refusal.Because($"{where}: is a sops file; set its format to sops or auto");
        }

        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (LooksEncrypted(line))
            {
                throw Refusal.Because(string.Create(CultureInfo.InvariantCulture, $"{where}: line {number} is encrypted by sops, but the file has no sops_ lines; it is cut short, or not in dotenv format: restore it, or encrypt it as dotenv"));
            }
        }
    }

    public static List<string> Warnings(EnvironmentFile file, string where, bool readableByOthers)
    {
        var warnings = new List<string>();
        if (readableByOthers)
        {
            warnings.Add($"{where}: every user of this host can read it; chmod o-r");
        }

        if (file.IgnoredLines.Count > 0)
        {
            warnings.Add($"{where}: without =, and so ignored: line {string.Join(", ", file.IgnoredLines.Take(10))}");
        }

        if (file.Assignments.Where(a => !EnvironmentFile.IsName(a.Name)).Select(a => a.Name).ToList() is { Count: > 0 } dropped)
        {
            warnings.Add($"{where}: no names for an environment, and so dropped: {Quoted.Names(dropped)}");
        }

        return warnings;
    }

    /// <summary>Where a value begins, whatever the format, blanks and quotes left out.</summary>
    private static bool LooksEncrypted(string line)
    {
        for (var at = line.IndexOf("ENC[", StringComparison.Ordinal); at >= 0; at = line.IndexOf("ENC[", at + 1, StringComparison.Ordinal))
        {
            var before = line.AsSpan(0, at).TrimEnd(" \t\"'");
            if (before.IsEmpty || before[^1] is '=' or ':' or '#' or '-' || line.AsSpan(at).StartsWith("ENC[AES256_GCM,"))
            {
                return true;
            }
        }

        return false;
    }
}
