using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Tests.Interop;

public sealed class UserAndGroupsTests
{
    [Theory]
    [InlineData("         0          0 4294967295\n", true)]
    [InlineData("         0     100000      65536\n", false)]
    [InlineData("         0          0          1\n       990        990          1\n", false)]
    [InlineData("", false)]
    public void Only_a_user_namespace_of_all_users_shows_every_owner_as_it_is(string map, bool isWhole) => Assert.Equal(isWhole, UserAndGroups.IsWhole(map));
}
