namespace Prism.Supervisor.Database;

/// <summary>What a database says of its connections.</summary>
internal abstract record ConnectionAnswer
{
    private ConnectionAnswer()
    {
    }

    /// <summary>Limits as they hold for the site's role (null: none), and who holds how many now; the asking connection itself is not counted.</summary>
    internal sealed record Counted(long Most, long Reserved, long InUse, long? RoleLimit, long RoleInUse, long? DatabaseLimit, long DatabaseInUse, long SiteHolds) : ConnectionAnswer;

    /// <summary>There was none left to ask with.</summary>
    internal sealed record Full(ConnectionLimit Limit) : ConnectionAnswer;

    /// <summary>It could not be asked; why, without any value.</summary>
    internal sealed record Unknown(string Why) : ConnectionAnswer;
}
