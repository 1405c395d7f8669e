using System.Reflection;
using Prism.Supervisor.Lifecycle;

namespace Prism.Supervisor.Tests.Lifecycle;

/// <summary>Every kind of event, found by looking: one that is added later is in the tests at once.</summary>
internal static class EventCatalog
{
    private static readonly ConstructorInfo[] Kinds =
        [.. typeof(UnitEvent).GetNestedTypes(BindingFlags.NonPublic | BindingFlags.Public).Where(type => type.IsSealed).Select(type => type.GetConstructors()[0])];

    /// <summary>One event of each kind that names a generation.</summary>
    public static IReadOnlyList<UnitEvent> OfGeneration(int generation) => [.. Kinds.Where(NamesGeneration).Select(kind => Make(kind, generation))];

    /// <summary>One event of each kind that is about the unit itself.</summary>
    public static IReadOnlyList<UnitEvent> OfUnit => [.. Kinds.Where(kind => !NamesGeneration(kind)).Select(kind => Make(kind, 0))];

    private static bool NamesGeneration(ConstructorInfo kind) => kind.GetParameters().Any(parameter => parameter.Name == "Generation");

    private static UnitEvent Make(ConstructorInfo kind, int generation) => (UnitEvent)kind.Invoke([.. kind.GetParameters().Select(parameter => Value(parameter, generation))]);

    private static object Value(ParameterInfo parameter, int generation) => parameter.ParameterType switch
    {
        var type when type == typeof(int) => parameter.Name == "Generation" ? generation : 1,
        var type when type == typeof(string) => "why",
        var type when type == typeof(ExitCode) => ExitCode.ServerDidNotComeUp,
        var type when type.IsValueType => Activator.CreateInstance(type)!,
        var type => throw new NotSupportedException($"teach {nameof(EventCatalog)} to make a {type.Name}"),
    };
}
