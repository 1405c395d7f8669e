namespace Prism.Supervisor.Secrets;

/// <summary>Runs a helper program to its end; the room that owns processes provides it.</summary>
internal interface ICommandRunner
{
    /// <summary>What the program printed on standard output. No shell; standard input is empty; <paramref name="key"/>, when given, is what it reads from descriptor 3.</summary>
    /// <exception cref="StartupException">It could not be started, exited with another status than 0, or took too long; the line names <paramref name="what"/>.</exception>
    byte[] Run(string what, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, byte[]? key);
}
