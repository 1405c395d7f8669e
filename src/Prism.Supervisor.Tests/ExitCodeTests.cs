namespace Prism.Supervisor.Tests;

public sealed class ExitCodeTests
{
    [Fact]
    public void Codes_are_those_of_the_unit_file() => Assert.Equal(65, (int)ExitCode.SecretsRefused);
}
