using System.Diagnostics;
using System.Text;

namespace Prism.Supervisor.Tests.Support;

/// <summary>A program run to its end, and exactly what it wrote.</summary>
internal sealed record Capture(int Code, byte[] Output, string Error)
{
    public string Text => Encoding.UTF8.GetString(Output);

    /// <summary>Of env -0: the variables in order, byte for byte as Latin-1.</summary>
    public IReadOnlyList<string> Variables => [.. Encoding.Latin1.GetString(Output).Split('\0')[..^1]];

    /// <summary>The supervisor with this environment and nothing else, save what its build needs to start.</summary>
    public static Task<Capture> SupervisorAsync(IReadOnlyDictionary<string, string> environment, string folder, params string[] arguments) =>
        RunAsync(Programs.Supervisor, Complete(environment), folder, arguments);

    public static Dictionary<string, string> Complete(IReadOnlyDictionary<string, string> environment)
    {
        var complete = new Dictionary<string, string>(environment);
        foreach (var name in new[] { "DOTNET_ROOT", "DOTNET_ROOT_X64" })
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
            {
                complete[name] = value;
            }
        }

        return complete;
    }

    public static async Task<Capture> RunAsync(string program, IReadOnlyDictionary<string, string> environment, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var output = new MemoryStream();
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardOutput.BaseStream.CopyToAsync(output, TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new Capture(process.ExitCode, output.ToArray(), await error);
    }
}
