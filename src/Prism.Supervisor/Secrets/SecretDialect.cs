namespace Prism.Supervisor.Secrets;

/// <summary>By whose grammar the decrypted lines become values.</summary>
internal enum SecretDialect
{
    /// <summary>As systemd's EnvironmentFile= would read the decrypted file: what services received until now.</summary>
    Systemd,

    /// <summary>As sops exec-env hands them on: raw text after the first =.</summary>
    Sops,
}
