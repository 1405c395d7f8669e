using System.Globalization;
using Prism.Supervisor.Secrets.Sops;

namespace Prism.Supervisor.Secrets;

/// <summary>A secret file that is not encrypted: what it says, and what is to be said about it.</summary>
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

    /// <summary>The values by the grammar of the dialect; what it passes over or refuses goes into the report.</summary>
    public static SecretEnvironment Read(string text, SecretDialect dialect, SecretReport report, string where)
    {
        if (dialect == SecretDialect.Sops)
        {
            return new SecretEnvironment(DotEnv.Parse(text, where).Where(line => line.Name is not null).Select(line => KeyValuePair.Create(line.Name!, new Secret(DotEnv.Unescape(line.Text)))));
        }

        var file = EnvironmentFile.Parse(text);
        if (file.NotUtf8 is { Count: > 0 } foreign)
        {
            report.Faults.Add($"not UTF-8, for which systemd refuses the whole file: {Quoted.Names(foreign)}; write the value as UTF-8, without noncharacters (base64, say), or set secrets.dialect to sops");
        }

        if (file.IgnoredLines.Count > 0)
        {
            report.Warnings.Add($"without =, and so ignored: line {string.Join(", ", file.IgnoredLines.Take(10))}");
        }

        if (file.Assignments.Where(a => !EnvironmentFile.IsName(a.Name)).Select(a => a.Name).ToList() is { Count: > 0 } dropped)
        {
            report.Warnings.Add($"no names for an environment, and so dropped: {Quoted.Names(dropped)}");
        }

        return new SecretEnvironment(file.Environment());
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
