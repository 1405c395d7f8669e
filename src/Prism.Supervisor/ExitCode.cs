namespace Prism.Supervisor;

/// <summary>The exit statuses of every command, told apart by kind; sysexits(3) where they fit, from 80 on our own.</summary>
internal enum ExitCode
{
    Success = 0,

    /// <summary>A reload was asked for and has failed; what served before serves on.</summary>
    ReloadFailed = 1,

    /// <summary>The command line is wrong (EX_USAGE).</summary>
    Usage = 64,

    /// <summary>The secrets cannot be read, or must not be used (EX_DATAERR).</summary>
    SecretsRefused = 65,

    /// <summary>The database is there and will not have us (EX_UNAVAILABLE).</summary>
    DatabaseUnavailable = 69,

    /// <summary>There is no supervisor to ask (EX_UNAVAILABLE).</summary>
    SupervisorUnavailable = DatabaseUnavailable,

    /// <summary>A fault of this program (EX_SOFTWARE).</summary>
    Internal = 70,

    /// <summary>What is missing may come back: a later start may succeed (EX_TEMPFAIL).</summary>
    TryAgain = 75,

    /// <summary>A file, socket or call is forbidden to us (EX_NOPERM).</summary>
    NoPermission = 77,

    /// <summary>The configuration is wrong (EX_CONFIG).</summary>
    Configuration = 78,

    MigrateFailed = 80,
    CollectstaticFailed = 81,
    StepFailed = 82,
    ServerDidNotComeUp = 83,
    AddressTaken = 84,
    GivenUp = 85,

    /// <summary>What exec was to run is there, and cannot be run; as env(1) says it.</summary>
    CommandNotExecutable = 126,

    /// <summary>What exec was to run is not there; as env(1) says it.</summary>
    CommandNotFound = 127,
}
