using System.Runtime.InteropServices;
using Prism.Supervisor.Processes;

namespace Prism.Supervisor.Tests.Support;

/// <summary>The programs that tests start.</summary>
internal static class Programs
{
    public const string Python = "/usr/bin/python3";

    public const string Shell = "/bin/sh";

    /// <summary>The binary under test: PRISM_TEST_BINARY (the native one, say), else the one built along with the tests.</summary>
    public static string Supervisor { get; } = Environment.GetEnvironmentVariable("PRISM_TEST_BINARY") is { Length: > 0 } given
        ? given
        : Path.Combine(AppContext.BaseDirectory, "prism-supervisor");

    /// <summary>One for all tests, as a supervisor has one; it leaves other children of the test process alone.</summary>
    public static OsProcessLauncher Launcher { get; } = new(Supervisor, adoptOrphans: false);

    public static string Dummy(string name) => Path.Combine(AppContext.BaseDirectory, "Dummies", name);

    public static ProcessSpec Spec(string file, params string[] arguments) =>
        new(Path.GetFileName(file), file, arguments, ProcessEnvironment.Empty.With("PATH", "/usr/bin:/bin"), "/", []);

    public static ProcessSpec Script(string text, params SafeHandle[] descriptors) => Spec(Python, "-c", text) with { Descriptors = descriptors };
}
