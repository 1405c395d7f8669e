namespace Prism.Supervisor.Processes;

/// <summary>Starts children: the one seam at which a test puts another world.</summary>
internal interface IProcessLauncher
{
    /// <summary>Completes once the program itself runs; throws <see cref="StartupException"/> when it cannot be started.</summary>
    Task<ChildProcess> LaunchAsync(ProcessSpec spec);

    /// <summary>SIGKILLs all that came of a child, orphans included, and completes when none of it is left; yields what was still there.</summary>
    Task<List<string>> KillTreeAsync(ChildProcess child);

    /// <summary>SIGTERMs all that came of a child and waits until it is gone, at most for <paramref name="patience"/>.</summary>
    Task TerminateTreeAsync(ChildProcess child, TimeSpan patience);

    /// <summary>The last thing before the end: SIGKILLs whatever still descends from this process; false when something could not be ended.</summary>
    Task<bool> KillAllAsync();
}
