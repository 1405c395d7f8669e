using System.Text.RegularExpressions;

namespace Prism.Supervisor.Tests;

/// <summary>Folders are rooms and arrows point one way: whoever adds an arrow adds it here, in plain sight.</summary>
public sealed partial class ArchitectureTests
{
    private const string Root = "the root";

    /// <summary>Which rooms each room may name. The files of the root may name all.</summary>
    private static readonly Dictionary<string, string[]> Knows = new()
    {
        ["Interop"] = [],
        ["Configuration"] = ["Interop"],
        ["Secrets"] = ["Interop"],
        ["Processes"] = ["Interop", "Secrets"],
        ["Systemd"] = ["Interop"],
        ["Control"] = ["Interop"],
        ["Listening"] = ["Configuration", "Systemd", "Interop"],
        ["Steps"] = ["Configuration", "Secrets", "Processes"],
        ["Migrations"] = ["Secrets", "Processes", "Steps", "Database"],
        ["StaticFiles"] = ["Interop"],
        ["Gunicorn"] = ["Configuration", "Interop", "Secrets", "Processes", "Systemd"],
        ["Health"] = ["Configuration"],
        ["Database"] = ["Interop", "Secrets"],
        ["Memory"] = [],
        ["Releases"] = ["Configuration", "Interop", "Secrets", "Processes", "Steps", "Database"],
        ["Lifecycle"] = ["Configuration", "Gunicorn", "Health", "Systemd"],
        ["Logging"] = ["Interop"],
        ["Commands"] = ["Configuration", "Control", "Lifecycle", "Logging", "Processes", "Secrets", "Systemd", Root],
    };

    // What an ending is called, everywhere; each room has a Log of its own.
    private static readonly string[] CommonGround = ["ExitCode", "StartupException", "Log"];

    private static readonly string Sources = Path.Combine(Repository.Root, "src", "Prism.Supervisor");

    private static readonly (string Name, string Room, string Code)[] Files =
        [.. Directory.EnumerateFiles(Sources, "*.cs", SearchOption.AllDirectories).Select(Read).Where(file => file.Room is not ("obj" or "bin"))];

    [Fact]
    public void Every_room_has_a_line_here_and_every_line_a_room() =>
        Assert.Equal(Knows.Keys.Order(), Files.Select(file => file.Room).Where(room => room != Root).Distinct().Order());

    [Fact]
    public void No_room_names_one_it_does_not_know() =>
        Assert.Empty(Files
            .Where(file => file.Room != Root)
            .SelectMany(file => NamedRooms(file.Code).Where(room => room != file.Room && !Knows[file.Room].Contains(room)).Select(room => $"{file.Name} names {room}"))
            .Distinct());

    [Fact]
    public void No_arrow_points_back()
    {
        var open = Knows.ToDictionary(line => line.Key, line => line.Value.Where(room => room != Root).ToHashSet());
        while (open.FirstOrDefault(line => line.Value.Count == 0).Key is { } leaf)
        {
            _ = open.Remove(leaf);
            foreach (var knows in open.Values)
            {
                _ = knows.Remove(leaf);
            }
        }

        Assert.Empty(open.Keys);
    }

    [Fact]
    public void What_stands_above_the_rooms_is_named_by_commands_only()
    {
        var above = Files.Where(file => file.Room == Root).SelectMany(file => Declaration().Matches(file.Code).Select(match => match.Groups[1].Value)).Except(CommonGround).ToList();

        Assert.Contains("Unit", above);
        Assert.Empty(Files
            .Where(file => file.Room != Root && !Knows[file.Room].Contains(Root))
            .SelectMany(file => above.Where(type => Regex.IsMatch(file.Code, $@"(?<![\w.]){type}(?=[\s.(<])")).Select(type => $"{file.Name} names {type}")));
    }

    [Fact]
    public void Native_calls_live_in_interop() =>
        Assert.Empty(Files.Where(file => file.Room != "Interop" && NativeCall().IsMatch(file.Code)).Select(file => file.Name));

    [Fact]
    public void No_file_has_more_than_250_lines() =>
        Assert.DoesNotContain(Files.Select(file => (file.Name, Lines: File.ReadLines(Path.Combine(Sources, file.Name)).Count())), file => file.Lines > 250);

    private static (string Name, string Room, string Code) Read(string path)
    {
        var name = Path.GetRelativePath(Sources, path);
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return (name, slash < 0 ? Root : name[..slash], WithoutCommentsAndTexts().Replace(File.ReadAllText(path), match => match.Value[0] == '/' ? "" : "\"\""));
    }

    /// <summary>By their whole name, or as a namespace that is found from inside ours: `Systemd.NotifyListener`.</summary>
    private static IEnumerable<string> NamedRooms(string code) =>
        WholeName().Matches(code).Select(match => match.Groups[1].Value)
            .Concat(Knows.Keys.Where(room => Regex.IsMatch(code, $@"(?<![\w.]){room}\.[A-Z]")));

    [GeneratedRegex(@"//[^\n]*|@?""(\\.|[^""\\\n])*""")]
    private static partial Regex WithoutCommentsAndTexts();

    [GeneratedRegex(@"Prism\.Supervisor\.([A-Z]\w*)")]
    private static partial Regex WholeName();

    [GeneratedRegex(@"\b(?:class|record|record struct|struct|enum|interface) ([A-Z]\w*)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\b(LibraryImport|DllImport)\b")]
    private static partial Regex NativeCall();
}
