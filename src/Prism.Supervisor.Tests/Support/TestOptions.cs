using Prism.Supervisor.Configuration;

namespace Prism.Supervisor.Tests.Support;

/// <summary>The built-in defaults, to be changed by `with`.</summary>
internal static class TestOptions
{
    public static readonly IReadOnlyDictionary<string, string> NoEnvironment = new Dictionary<string, string>();

    public static SupervisorOptions Default => OptionsReader.Read((string?)null, NoEnvironment);
}
