using Microsoft.Win32.SafeHandles;

namespace Prism.Supervisor.Secrets;

/// <summary>The four places an age key may come from: the descriptor age-key (OpenFile=), $CREDENTIALS_DIRECTORY/age-key (LoadCredential=), SOPS_AGE_KEY_FILE and SOPS_AGE_KEY.</summary>
internal sealed record IdentitySources(SafeFileHandle? Descriptor, string? CredentialsDirectory, string? KeyFile, string? KeyText)
{
    /// <summary>A record would print the key text.</summary>
    public override string ToString() => nameof(IdentitySources);
}
