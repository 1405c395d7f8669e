using SharpFuzz;

namespace Prism.Supervisor.Fuzz;

/// <summary>`TARGET` alone runs under afl-fuzz (eng/fuzz starts it); `TARGET FILE…` replays files and ends with the first finding's trace; `--list` and `--corpus TARGET REPOSITORY` say what there is.</summary>
internal static class Program
{
    private const int Usage = 64;

    public static int Main(string[] args)
    {
        if (args is ["--list"])
        {
            Console.WriteLine(string.Join('\n', Targets.All.Keys));
            return 0;
        }

        if (args is ["--corpus", var name, var repository])
        {
            Console.WriteLine(string.Join('\n', Corpus.Files(name, repository)));
            return 0;
        }

        if (args.Length == 0 || !Targets.All.TryGetValue(args[0], out var target))
        {
            Console.Error.WriteLine($"usage: TARGET [FILE…], where TARGET is one of {string.Join(", ", Targets.All.Keys)}");
            return Usage;
        }

        if (args.Length == 1)
        {
            // Out of process: a hang, a stack overflow or a full heap ends one child, and is a finding like any other.
            Fuzzer.OutOfProcess.Run(input =>
            {
                using var bytes = new MemoryStream();
                input.CopyTo(bytes);
                target(bytes.ToArray());
            });
        }

        return args[1..].All(file => Replay(target, file)) ? 0 : 1;
    }

    private static bool Replay(Action<byte[]> target, string file)
    {
        try
        {
            target(File.ReadAllBytes(file));
            return true;
        }
#pragma warning disable CA1031 // Whatever it is, it is the finding.
        catch (Exception finding)
#pragma warning restore CA1031
        {
            Console.Error.WriteLine($"{file}: {finding}");
            return false;
        }
    }
}
