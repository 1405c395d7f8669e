using System.Globalization;

namespace Prism.Supervisor.Configuration;

/// <summary>Reads what a release is known by, and when its steps are run.</summary>
internal static class ReleaseReader
{
    private const int LongestId = 200;

    /// <summary>One word, since it is kept beside others.</summary>
    public static string? Id(Settings settings)
    {
        var id = settings.OptionalText("release.id");
        return id is null || (id.Length is > 0 and <= LongestId && !id.Any(letter => char.IsControl(letter) || char.IsWhiteSpace(letter)))
            ? id
            : settings.Fault<string?>(string.Create(CultureInfo.InvariantCulture, $"release.id must be one word of at most {LongestId} characters, such as a commit or a version, not '{OneLine.Clip(id)}'"), null);
    }

    public static StepPolicy When(Settings settings, string path) => settings.Choice(path, "changed", "always", "changed", "never") switch
    {
        "always" => StepPolicy.Always,
        "never" => StepPolicy.Never,
        _ => StepPolicy.Changed,
    };
}
