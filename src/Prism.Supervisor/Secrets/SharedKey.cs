using System.Globalization;

namespace Prism.Supervisor.Secrets;

/// <summary>Recognizes a key that opens more than this site's secrets: whoever takes it over has the rest of the host as well.</summary>
internal static class SharedKey
{
    /// <summary>A line for each place whose key opened the file and opens others.</summary>
    public static IEnumerable<string> Warnings(Keyring keyring, IReadOnlyList<string> openers) => openers
        .Select(source => (Source: source, Reason: Reason(
            keyring.Files.PathOf(source),
            [.. keyring.Keys.Where(key => key.Sources.Contains(source)).Select(key => key.Identity.Recipient).Distinct(StringComparer.Ordinal)])))
        .Where(found => found.Reason is not null)
        .Select(found => $"the key of {found.Source} opens more than this file, for it {found.Reason}: make one for the site alone (age-keygen), "
            + "add its recipient to .sops.yaml, run sops updatekeys, and hand that one over");

    /// <summary>Pure; null for a key that may well be the site's own.</summary>
    internal static string? Reason(string? path, IReadOnlyList<string> recipients) => true switch
    {
        _ when IsHostKey(path) => "is the host's own ssh key",
        _ when path == "/var/lib/sops-nix/key.txt" => "is the one that sops-nix opens all secrets of the host with",
        _ when recipients.Any(recipient => recipient.StartsWith("ssh-", StringComparison.Ordinal)) => "is an ssh key, which opens logins too",
        _ when path?.EndsWith("/sops/age/keys.txt", StringComparison.Ordinal) == true => "is the one that sops takes for all of a person's files",
        _ when recipients.Count > 1 => string.Create(CultureInfo.InvariantCulture, $"is one of {recipients.Count} keys in one place"),
        _ => null,
    };

    private static bool IsHostKey(string? path) =>
        Path.GetFileName(path) is { } name && name.StartsWith("ssh_host_", StringComparison.Ordinal) && name.EndsWith("_key", StringComparison.Ordinal);
}
