using Prism.Supervisor.Secrets.Sops;

namespace Prism.Supervisor.Tests.Secrets.Sops;

public sealed class TimestampTests
{
    [Theory]
    [InlineData("2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z")]
    [InlineData("2024-05-06T07:08:09.123456789Z", "2024-05-06T07:08:09Z")]
    [InlineData("2024-05-06T07:08:09+00:00", "2024-05-06T07:08:09Z")]
    [InlineData("2024-05-06T07:08:09.5+02:00", "2024-05-06T07:08:09+02:00")]
    [InlineData("2024-02-29T00:00:00-11:30", "2024-02-29T00:00:00-11:30")]
    public void A_date_loses_its_fraction_and_keeps_its_offset(string text, string expected) => Assert.Equal(expected, Timestamp.Normalize(text));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("2024-05-06")]
    [InlineData("2024-05-06T07:08:09")]
    [InlineData("2024-05-06T07:08:09Z\r")]
    [InlineData("2024-05-06 07:08:09Z")]
    [InlineData("2023-02-29T00:00:00Z")]
    [InlineData("2024-05-06T24:00:00Z")]
    [InlineData("2024-05-06T07:08:09.Z")]
    [InlineData("2024-05-06T07:08:09.5")]
    [InlineData("2024-05-06T07:08:09+0200")]
    [InlineData("2024-05-06T07:08:09+24:00")]
    [InlineData("2024-05-06T07:08:09z")]
    public void Anything_else_is_no_date(string? text) => Assert.Null(Timestamp.Normalize(text));
}
