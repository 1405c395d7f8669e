using System.Net.Sockets;
using Npgsql;
using Prism.Supervisor.Migrations;

namespace Prism.Supervisor.Tests.Migrations;

public sealed class ConnectionFaultTests
{
    [Theory]
    [InlineData("57P01", "FATAL", "PostgreSQL has ended it (57P01): it is shutting down, or somebody ends connections", false)]
    [InlineData("57P03", "FATAL", "PostgreSQL refused with 57P03", true)]
    [InlineData("08P01", null, "a pooler in between refused with 08P01: its log says why", false)]
    [InlineData("08P01", "ProcessStartupPacket", "PostgreSQL refused with 08P01", false)]
    public void A_refusal_is_told_by_its_code(string state, string? routine, string words, bool isGone)
    {
        var fault = new PostgresException("hush", "FATAL", "FATAL", state, routine: routine);

        Assert.Equal((words, false, isGone), (Words(fault), ConnectionFault.IsSilence(fault), ConnectionFault.IsServerGone(fault)));
    }

    [Theory]
    [InlineData(SocketError.ConnectionRefused, "ConnectionRefused", false, true)]
    [InlineData(SocketError.AddressNotAvailable, "AddressNotAvailable", false, true)]
    [InlineData(SocketError.ConnectionReset, "ConnectionReset", false, false)]
    [InlineData(SocketError.TimedOut, "TimedOut", true, false)]
    public void A_connection_that_fails_is_told_by_its_kind(SocketError error, string words, bool isSilent, bool isGone)
    {
        var fault = new NpgsqlException("hush", new IOException("hush", new SocketException((int)error)));

        Assert.Equal((words, isSilent, isGone), (Words(fault), ConnectionFault.IsSilence(fault), ConnectionFault.IsServerGone(fault)));
    }

    [Fact]
    public void No_answer_is_told_with_the_time_that_it_had()
    {
        var fault = new NpgsqlException("hush", new TimeoutException("hush"));

        Assert.Equal(("no answer within 1 s", true), (Words(fault), ConnectionFault.IsSilence(fault)));
        Assert.Equal("no answer within 1 s", Words(new OperationCanceledException("hush")));
    }

    private static string Words(Exception fault) => ConnectionFault.Words(fault, AnswerPatience.Last);
}
