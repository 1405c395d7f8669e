namespace Prism.Supervisor.Secrets;

/// <summary>What the secret file is.</summary>
internal enum SecretFormat
{
    /// <summary>A file with sops metadata is a sops file, any other an environment file.</summary>
    Auto,

    /// <summary>A dotenv file encrypted by sops.</summary>
    Sops,

    /// <summary>A clear file as systemd's EnvironmentFile= takes it.</summary>
    Env,
}
