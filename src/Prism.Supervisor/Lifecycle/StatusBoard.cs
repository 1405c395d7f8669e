using Microsoft.Extensions.Logging;
using Prism.Supervisor.Systemd;

namespace Prism.Supervisor.Lifecycle;

/// <summary>The one line of `systemctl status`: what the unit does, and behind it what a reload does or why the last one failed.</summary>
internal sealed class StatusBoard(NotifySocket notify, ILogger log)
{
    private string doing = "";
    private string? reload;

    /// <summary>Shows what the unit does, without a word in the journal.</summary>
    public void Show(string text)
    {
        doing = text;
        Send();
    }

    /// <summary>Shows it, and writes it to the journal.</summary>
    public void Say(LogLevel level, string text, int? generation)
    {
        Show(text);
        var line = StatusLine.From(text);
        log.Said(level, line, generation);
    }

    /// <summary>What a reload does, or how it ended; null: nothing worth a word.</summary>
    public void ShowReload(string? text)
    {
        reload = text;
        Send();
    }

    private void Send() => notify.Status(reload is null ? doing : $"{doing}; {reload}");
}
