namespace Prism.Supervisor.Database;

/// <summary>What came of an attempt to connect as the site: whether it can begin, and if not, whether waiting helps.</summary>
internal abstract record DatabaseVerdict
{
    private DatabaseVerdict()
    {
    }

    /// <summary>It takes the site's connections.</summary>
    /// <param name="IsStandby">It can only be read.</param>
    /// <param name="Identity">As <see cref="DatabaseIdentity"/> has it; null: not asked for, or not to be had at once.</param>
    internal sealed record Up(bool IsStandby, string? Identity = null) : DatabaseVerdict;

    /// <summary>It may be there in a moment, or when somebody has mended it; why it is not, in a few words.</summary>
    internal sealed record NotYet(string Why) : DatabaseVerdict;

    /// <summary>It will not have the site, however long one waits: what is wrong, where, and the remedy.</summary>
    internal sealed record Refused(string Line) : DatabaseVerdict;

    /// <summary>We cannot tell, and the site may know better.</summary>
    internal sealed record Unknown(string Why) : DatabaseVerdict;
}
