namespace Prism.Supervisor.Configuration;

/// <summary>The whole configuration, valid as it stands: one record of records.</summary>
/// <param name="Bind">The addresses the site is served on; ignored when a .socket unit hands sockets over.</param>
/// <param name="BindMode">What the file of a unix socket gets.</param>
/// <param name="StateDirectory">Where the site keeps what outlives a release; also the children's working directory.</param>
/// <param name="RuntimeDirectory">Where this run keeps its sockets.</param>
/// <param name="Environment">The site's settings, given to every child as they stand.</param>
/// <param name="PassEnvironment">Names (a trailing * stands for any ending) taken over from the supervisor's own environment.</param>
internal sealed record SupervisorOptions(
    IReadOnlyList<BindAddress> Bind,
    UnixFileMode BindMode,
    string StateDirectory,
    string RuntimeDirectory,
    IReadOnlyDictionary<string, string> Environment,
    IReadOnlyList<string> PassEnvironment,
    SecretsOptions Secrets,
    DatabaseOptions Database,
    StepsOptions Steps,
    GunicornOptions Gunicorn,
    HealthOptions Health,
    RestartOptions Restart,
    ReloadOptions Reload)
{
    /// <summary>The site's `manage.py`, with its arguments; empty: there is none to be asked.</summary>
    public IReadOnlyList<string> ManageCommand { get; init; } = [];

    /// <summary>Where the web server looks for static files; null: where the site's environment has STATIC_ROOT.</summary>
    public string? StaticPath { get; init; }

    /// <summary>The operator's word for the release that the commands are of; null: none was given.</summary>
    public string? ReleaseId { get; init; }
}
