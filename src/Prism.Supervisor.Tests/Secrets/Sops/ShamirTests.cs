using CsCheck;
using Prism.Supervisor.Secrets.Sops;

namespace Prism.Supervisor.Tests.Secrets.Sops;

public sealed class ShamirTests
{
    /// <summary>A line through the secret and the slope 1: y is the secret xor x.</summary>
    [Fact]
    public void Any_two_points_of_a_line_give_its_value_at_zero() =>
        Gen.Select(Gen.Byte.Array[1, 40], Gen.Byte[1, 255], Gen.Byte[1, 255]).Where((_, a, b) => a != b).Sample((secret, a, b) =>
            Shamir.Combine([Point(secret, a), Point(secret, b)])!.SequenceEqual(secret));

    [Fact]
    public void Parts_that_do_not_fit_together_are_refused()
    {
        Assert.Null(Shamir.Combine([[1, 2, 1], [1, 2, 1]]));
        Assert.Null(Shamir.Combine([[1, 2, 0], [1, 2, 1]]));
        Assert.Null(Shamir.Combine([[1, 2, 1], [1, 2]]));
        Assert.Null(Shamir.Combine([[1], [2]]));
        Assert.Null(Shamir.Combine([[], []]));
    }

    private static byte[] Point(byte[] secret, byte x) => [.. secret.Select(s => (byte)(s ^ x)), x];
}
