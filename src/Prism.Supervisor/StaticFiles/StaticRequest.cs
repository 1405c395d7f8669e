namespace Prism.Supervisor.StaticFiles;

/// <summary>What is to be collected, and for whom.</summary>
/// <param name="PublicPath">Where the web server looks for it: absolute.</param>
/// <param name="Kept">Folders that hold more than static files, the state directory first; it is where the store is made when it cannot be beside the public path.</param>
/// <param name="Fingerprint">What would be collected, in hexadecimal digits; null: not known, so that it is collected each time.</param>
internal sealed record StaticRequest(string PublicPath, IReadOnlyList<string> Kept, string? Fingerprint)
{
    /// <summary>Whether it is collected although a complete folder of the fingerprint is there.</summary>
    public bool IsForced { get; init; }

    /// <summary>Whether nothing is to be collected at all: the files that serve now are served on, whatever release they are of.</summary>
    public bool IsLeftOut { get; init; }
}
