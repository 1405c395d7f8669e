namespace Prism.Supervisor.Tests.Support;

/// <summary>A named pipe without a writer: whoever opens it to read waits.</summary>
internal static class Fifo
{
    public static async Task<string> MakeAsync(string path)
    {
        var (exit, lines) = await Children.RunAsync(Programs.Spec(Programs.Shell, "-c", "exec mkfifo \"$0\"", path));
        Assert.True(exit.Succeeded, string.Join('\n', lines));
        return path;
    }
}
