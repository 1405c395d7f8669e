namespace Prism.Supervisor.Secrets;

/// <summary>What may stand in a secrets file beside authenticated values.</summary>
/// <param name="Unauthenticated">Of the empty and the clear entries of a sops file.</param>
/// <param name="Named">Names that the configuration speaks of, and which <see cref="Unauthenticated.Named"/> lets through.</param>
/// <param name="AllowNames">Of those, the names that may also steer processes (LD_PRELOAD, PATH, …).</param>
internal sealed record SecretPolicy(Unauthenticated Unauthenticated, IReadOnlyCollection<string> Named, IReadOnlyCollection<string> AllowNames)
{
    /// <summary>Whatever the file holds: what exec --unauthenticated allow asks for.</summary>
    public static SecretPolicy AllowAll { get; } = new(Unauthenticated.Allow, [], []) { AllowsSteering = true };

    /// <summary>Whether names that steer processes pass unnamed.</summary>
    public bool AllowsSteering { get; private init; }
}
