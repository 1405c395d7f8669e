using System.ComponentModel;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Processes;

/// <summary>
/// Runs a helper program that prints a secret: started like every child, ended with all that came of it, its output read
/// whole and bounded. What it says on standard error is thrown away: sops quotes values there (aes/cipher.go).
/// </summary>
internal sealed class CommandRunner(IProcessLauncher launcher, TimeProvider time, CancellationToken stopping) : ICommandRunner
{
    public const int LargestOutput = 1 << 20;

    // A KMS over a slow line, or a hardware key that waits for a finger.
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public byte[] Run(string what, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, byte[]? key) =>
        RunAsync(what, command, environment, key).GetAwaiter().GetResult();

    private async Task<byte[]> RunAsync(string what, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, byte[]? key)
    {
        // Its time begins with its start, and so before anybody can see it run.
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
        stopping.ThrowIfCancellationRequested();
        var file = CommandPath.Resolve(command[0], environment.GetValueOrDefault("PATH"), what);
        using var memory = key is null ? null : Keep(key, what);
        var (output, child) = await StartAsync(what, new ProcessSpec(
            Path.GetFileName(file),
            file,
            [.. command.Skip(1)],
            ProcessEnvironment.Empty.With(environment.Select(pair => KeyValuePair.Create(pair.Key, new Secret(pair.Value)))),
            Environment.CurrentDirectory,
            memory is null ? [] : [memory.Handle]));
        _ = PassOverAsync(child);
        var reading = Task.Factory.StartNew(() => ReadToEnd(output), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            return await FinishAsync(what, child, reading, either.Token);
        }
        catch (OperationCanceledException)
        {
            stopping.ThrowIfCancellationRequested();
            throw new StartupException(ExitCode.TryAgain, string.Create(CultureInfo.InvariantCulture, $"{what}: {child.Name} had not ended after {Patience.TotalSeconds:0} s; run it by hand to see what it waits for"));
        }
        finally
        {
            _ = await launcher.KillTreeAsync(child);
        }
    }

    private async Task<byte[]> FinishAsync(string what, ChildProcess child, Task<byte[]?> reading, CancellationToken stop)
    {
        // Too much of it: then nobody reads on, and the child would wait for ever.
        if (await Task.WhenAny(child.Exited, reading).WaitAsync(stop) == reading && await reading is null)
        {
            throw new StartupException(ExitCode.SecretsRefused, $"{what}: {child.Name} printed more than 1 MiB; that is no secret");
        }

        var exit = await child.Exited.WaitAsync(stop);

        // A daemon that it left behind, such as gpg-agent, may hold the output open.
        _ = await launcher.KillTreeAsync(child);
        var bytes = await reading.WaitAsync(stop)
            ?? throw new StartupException(ExitCode.SecretsRefused, $"{what}: {child.Name} printed more than 1 MiB; that is no secret");
        if (exit.Succeeded)
        {
            return bytes;
        }

        CryptographicOperations.ZeroMemory(bytes);
        throw new StartupException(ExitCode.TryAgain, $"{what}: {child.Name} {exit}; run it by hand to read why: what it says may quote secrets, and is kept out of here");
    }

    private async Task<(SafeFileHandle Output, ChildProcess Child)> StartAsync(string what, ProcessSpec spec)
    {
        var (read, write) = Descriptors.Pipe();
        try
        {
            using (write)
            {
                return (read, await launcher.LaunchAsync(spec with { Output = write }));
            }
        }
        catch (StartupException fault)
        {
            read.Dispose();
            throw new StartupException(fault.Code, $"{what}: {fault.Message}", fault);
        }
    }

    private static MemoryFile Keep(byte[] key, string what)
    {
        try
        {
            return new MemoryFile("age-key", key);
        }
        catch (Win32Exception fault)
        {
            throw new StartupException(ExitCode.TryAgain, $"{what}: the age key cannot be handed over: {fault.Message}", fault);
        }
    }

    private static async Task PassOverAsync(ChildProcess child)
    {
        await foreach (var _ in child.Output.ReadAllAsync())
        {
        }
    }

    /// <summary>Null when it is larger than <see cref="LargestOutput"/>.</summary>
    private static byte[]? ReadToEnd(SafeFileHandle pipe)
    {
        using (pipe)
        {
            var buffer = new byte[LargestOutput + 1];
            var length = 0;
            while (length < buffer.Length && Descriptors.Read(pipe, buffer.AsSpan(length)) is > 0 and var count)
            {
                length += count;
            }

            var bytes = length <= LargestOutput ? buffer[..length] : null;
            CryptographicOperations.ZeroMemory(buffer);
            return bytes;
        }
    }
}
