using System.Globalization;
using System.Net.Sockets;
using Npgsql;

namespace Prism.Supervisor.Migrations;

/// <summary>What a connection of ours failed with, in words: messages name users and databases, codes and types do not. Pure.</summary>
internal static class ConnectionFault
{
    /// <summary>Whatever Npgsql ends a question with.</summary>
    public static bool IsOne(Exception fault) =>
        fault is NpgsqlException or OperationCanceledException or TimeoutException or IOException or SocketException or ArgumentException or InvalidOperationException or NotSupportedException or ObjectDisposedException;

    /// <param name="patience">How long an answer was waited for.</param>
    public static string Words(Exception fault, TimeSpan patience) => fault switch
    {
        PostgresException { SqlState: PostgresErrorCodes.AdminShutdown } => "PostgreSQL has ended it (57P01): it is shutting down, or somebody ends connections",
        PostgresException { SqlState: PostgresErrorCodes.ProtocolViolation, Routine: null or "" } => "a pooler in between refused with 08P01: its log says why",
        PostgresException refusal => $"PostgreSQL refused with {refusal.SqlState}",
        OperationCanceledException or TimeoutException => string.Create(CultureInfo.InvariantCulture, $"no answer within {patience.TotalSeconds:0} s"),
        { InnerException: { } inner } => Words(inner, patience),
        SocketException failure => failure.SocketErrorCode.ToString(),
        _ => fault.GetType().Name,
    };

    /// <summary>Somebody is there and says nothing.</summary>
    public static bool IsSilence(Exception fault) =>
        fault is OperationCanceledException or TimeoutException or SocketException { SocketErrorCode: SocketError.TimedOut } || (fault.InnerException is { } inner && IsSilence(inner));

    /// <summary>The server itself has ended, and its processes with it: nobody listens any more, or it is on its way down or up again.</summary>
    public static bool IsServerGone(Exception fault) =>
        fault is SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.AddressNotAvailable } or PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow }
        || (fault.InnerException is { } inner && IsServerGone(inner));
}
