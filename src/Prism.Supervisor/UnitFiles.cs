using Microsoft.Win32.SafeHandles;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Processes;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor;

/// <summary>The files and folders that a unit names, as somebody outside of it finds them: its key, its working directory, the configuration of its `run`.</summary>
internal static class UnitFiles
{
    /// <summary>Root opens what systemd would have opened for the unit.</summary>
    public static SafeFileHandle? OpenKey(ServiceUnit unit)
    {
        if (unit.KeyFile is not { } key || !Account.IsRoot || (key.MayBeMissing && !File.Exists(key.Path)))
        {
            return null;
        }

        try
        {
            return Descriptors.IsSpecial(key.Path)
                ? throw new IOException("it is no regular file")
                : File.OpenHandle(key.Path, share: FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(ExitCode.SecretsRefused, $"{key.Path}, the key that {unit.Name} names, cannot be opened: {OneLine.Of(fault.Message)}", fault);
        }
    }

    /// <summary>Where systemd puts the credentials of a system's unit (systemd.exec(5)).</summary>
    public static string Credentials(ServiceUnit unit) => $"/run/credentials/{unit.Name}";

    /// <summary>The path of the secrets, if there are any: of a credential what systemd passed to the unit, or while that does not run, what it would pass.</summary>
    public static string? Secrets(ServiceUnit unit, SecretsOptions options)
    {
        if (options.Credential is { } name && !Path.Exists(Path.Join(Credentials(unit), name)) && unit.Credentials.Any(one => one.Name == name))
        {
            return unit.Credentials.First(one => one.Name == name).Path ?? throw Absent(unit, $"secrets.credential {name}");
        }

        return SecretRequests.FileOf(options, new Dictionary<string, string> { ["CREDENTIALS_DIRECTORY"] = Credentials(unit) });
    }

    /// <summary>What there is to say of a key that is a credential which only systemd can read; null: nothing.</summary>
    public static string? AbsentKey(ServiceUnit unit, string name) =>
        unit.KeyFile is null && unit.Credentials.Any(one => one.Name == name) && !Path.Exists(Path.Join(Credentials(unit), name)) ? Absent(unit, $"the credential {name}").Message : null;

    private static StartupException Absent(ServiceUnit unit, string what) => Account.IsRoot
        ? new(ExitCode.SecretsRefused, $"{what}: only systemd can read it, and passes it while {unit.Name} runs: start that, or name a file with LoadCredential=")
        : new(ExitCode.NoPermission, $"{what}: only root and {unit.Name} can read it: run this as root (sudo)");

    /// <summary>WorkingDirectory= as D-Bus shows it: ! for one that may be missing, ~ for the home folder; null: the unit names none.</summary>
    public static string? WorkingDirectory(ServiceUnit unit, Account account)
    {
        var folder = unit.WorkingDirectory.TrimStart('!');
        return folder switch
        {
            "" => null,
            "~" => account.Home,
            _ => unit.WorkingDirectory[0] == '!' && !Directory.Exists(folder) ? "/" : folder,
        };
    }

    /// <summary>The --config of the unit's own `run` or `exec`; what follows the options of an exec is its command's.</summary>
    public static string? Configuration(ServiceUnit unit, string? folder)
    {
        var words = unit.Command.SkipWhile(word => word is not ("run" or "exec")).ToList();
        var isExec = words is ["exec", ..];
        for (var i = 1; i < words.Count && (!isExec || (words[i].StartsWith('-') && words[i] != "--")); i++)
        {
            var file = words[i] switch
            {
                "--config" or "-c" => words.ElementAtOrDefault(i + 1),
                var word when word.StartsWith("--config=", StringComparison.Ordinal) || word.StartsWith("--config:", StringComparison.Ordinal) => word["--config=".Length..],
                var word when word.StartsWith("-c", StringComparison.Ordinal) => word[2..].TrimStart('=', ':'),
                _ => null,
            };
            if (file is not null)
            {
                return file.Contains('$', StringComparison.Ordinal)
                    ? throw new StartupException(ExitCode.Configuration, $"{unit.Name}: --config {file} holds a variable, which is not followed here: name the file with --config")
                    : Path.GetFullPath(file, folder ?? "/");
            }

            // Each option of exec has a value, here or in the next word.
            i += isExec && !words[i].AsSpan().ContainsAny('=', ':') ? 1 : 0;
        }

        return null;
    }
}
