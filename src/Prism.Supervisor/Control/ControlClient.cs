using System.Net.Sockets;
using System.Text;

namespace Prism.Supervisor.Control;

/// <summary>Asks a running supervisor for a reload. Whatever answers there, and however, it ends in a verdict or a <see cref="StartupException"/>; only a reload that goes on can make it wait.</summary>
internal sealed class ControlClient(string folder, TimeProvider time)
{
    /// <summary>For the first answer, which takes no work.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // sun_path of unix(7), without its NUL.
    private const int LongestPath = 107;

    private readonly string path = Path.Combine(folder, ControlWords.FileName);
    private readonly byte[] buffer = new byte[ControlWords.LongestAnswer];
    private int length;

    /// <summary>Whether the supervisor went away in the middle of the conversation.</summary>
    public bool WasLeft { get; private set; }

    /// <summary>Null: it was accepted, and what comes of it is not waited for.</summary>
    /// <param name="progress">Gets each line on the way to the verdict.</param>
    public async Task<ReloadVerdict?> ReloadAsync(bool isWaiting, Action<string> progress)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            await ConnectAsync(socket, patience.Token);
            await AskAsync(socket, isWaiting ? ControlWords.ReloadAndWait : ControlWords.Reload, patience.Token);
            if (await ReadAsync(socket, patience.Token) is var first && first is not (ControlWords.Accepted, ""))
            {
                return NotAccepted(first);
            }
        }
        catch (OperationCanceledException)
        {
            throw new StartupException(ExitCode.TryAgain, $"the supervisor at {path} does not answer: see whether it hangs (systemctl status prism-django), and ask again");
        }

        return isWaiting ? await FollowAsync(socket, progress) : null;
    }

    private async Task ConnectAsync(Socket socket, CancellationToken stopping)
    {
        if (Encoding.UTF8.GetByteCount(path) > LongestPath)
        {
            throw new StartupException(ExitCode.Usage, $"{path} is longer than the {LongestPath} bytes that a socket's path may have (unix(7))");
        }

        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stopping);
        }
        catch (SocketException fault)
        {
            throw fault.SocketErrorCode switch
            {
                SocketError.AccessDenied => new StartupException(ExitCode.NoPermission, $"{path} is not for this user: use sudo, or be the user of the supervisor", fault),
                SocketError.WouldBlock or SocketError.TryAgain => new StartupException(ExitCode.TryAgain, $"the supervisor at {path} takes no more connections: see whether it hangs (systemctl status prism-django), and ask again", fault),
                _ => new StartupException(ExitCode.SupervisorUnavailable, $"no supervisor listens at {path}: start one (systemctl start prism-django), or name the runtimeDirectory of its configuration with --runtime-directory", fault),
            };
        }
    }

    private static async Task AskAsync(Socket socket, string request, CancellationToken stopping)
    {
        try
        {
            _ = await socket.SendAsync(ControlWords.Answer(request), SocketFlags.None, stopping);
        }
        catch (SocketException)
        {
            // It has closed the connection without reading; why, it may have said.
        }
    }

    private ReloadVerdict NotAccepted((string Word, string Text)? answer) => answer switch
    {
        (ControlWords.Failed, var text) => new ReloadVerdict(false, text),
        (ControlWords.Busy, var text) => throw new StartupException(ExitCode.TryAgain, $"the supervisor at {path} is busy ({text}): ask again"),
        (ControlWords.Forbidden, var text) => throw new StartupException(ExitCode.NoPermission, $"the supervisor at {path} does not let this user ask ({text}): use sudo, or be the user of the supervisor"),
        (ControlWords.Refused, var text) => throw new StartupException(ExitCode.ReloadFailed, $"the supervisor at {path} refuses ({text}): if it is of another version, restart it (systemctl restart prism-django)"),
        null => throw new StartupException(ExitCode.TryAgain, $"the supervisor at {path} ended the connection before it accepted: see what has become of it (systemctl status prism-django), and ask again"),
        _ => throw Nonsense(),
    };

    private async Task<ReloadVerdict> FollowAsync(Socket socket, Action<string> progress)
    {
        while (true)
        {
            switch (await ReadAsync(socket, CancellationToken.None))
            {
                case (ControlWords.Progress, var text):
                    progress(text);
                    break;
                case (ControlWords.Succeeded, var text):
                    return new ReloadVerdict(true, text);
                case (ControlWords.Failed, var text):
                    return new ReloadVerdict(false, text);
                case null:
                    throw new StartupException(ExitCode.TryAgain, $"the supervisor at {path} ended the connection before it told what came of the reload: see what has become of it (systemctl status prism-django), and ask again");
                default:
                    throw Nonsense();
            }
        }
    }

    /// <summary>The next line; null at the end, and half a line is none.</summary>
    private async Task<(string Word, string Text)?> ReadAsync(Socket socket, CancellationToken stopping)
    {
        while (true)
        {
            if (buffer.AsSpan(0, length).IndexOf((byte)'\n') is >= 0 and var end)
            {
                var line = ControlWords.Parse(buffer.AsSpan(0, end));
                length -= end + 1;
                buffer.AsSpan(end + 1, length).CopyTo(buffer);
                return line;
            }

            if (length == buffer.Length)
            {
                throw Nonsense();
            }

            try
            {
                var count = await socket.ReceiveAsync(buffer.AsMemory(length), stopping);
                if (count == 0)
                {
                    WasLeft = true;
                    return null;
                }

                length += count;
            }
            catch (SocketException)
            {
                WasLeft = true;
                return null; // ECONNRESET: it has not read all that was sent.
            }
        }
    }

    private StartupException Nonsense() =>
        new(ExitCode.ReloadFailed, $"what answers at {path} does not speak as a supervisor of this version does: restart it (systemctl restart prism-django), or name another folder with --runtime-directory");
}
