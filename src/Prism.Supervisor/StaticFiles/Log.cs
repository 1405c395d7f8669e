using Microsoft.Extensions.Logging;

namespace Prism.Supervisor.StaticFiles;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "The static files are complete already: {Folder}")]
    public static partial void NothingToCollect(this ILogger log, string folder, string step);

    [LoggerMessage(LogLevel.Information, "{Path} leads to {Folder} from now on")]
    public static partial void Switched(this ILogger log, string path, string folder, string step);

    [LoggerMessage(LogLevel.Information, "{Path} was a folder and is a link now; what it held is in {Folder} until the next release has proven itself")]
    public static partial void TakenOver(this ILogger log, string path, string folder, string step);

    [LoggerMessage(LogLevel.Warning, "{Warning}")]
    public static partial void Warned(this ILogger log, string warning, string step);
}
