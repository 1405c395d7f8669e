namespace Prism.Supervisor.Database;

/// <summary>What a database is known by, or why that is not known.</summary>
/// <param name="Text">The same as long as it is the same database and nothing was migrated in it; null: not known. To be compared, not shown.</param>
/// <param name="Why">Of the unknown one, without any value.</param>
internal readonly record struct IdentityAnswer(string? Text, string? Why)
{
    /// <summary>It cannot be asked at all, and will not be another time: nothing is wrong.</summary>
    public static IdentityAnswer None { get; } = new(null, "only PostgreSQL can be asked");

    public static IdentityAnswer Unknown(string why) => new(null, why);
}
