using System.Globalization;

namespace Prism.Supervisor.Secrets.Sops;

/// <summary>The sops_ lines put back into the tree they were flattened from (stores/flatten.go): __map_ is a member, __list_ an index. Stricter than sops: each index is a number.</summary>
internal sealed class MetadataTree
{
    private const string MapMark = "__map_";
    private const string ListMark = "__list_";
    private const int MostItems = 1000;
    private const int MostLevels = 16;

    private readonly Dictionary<string, MetadataTree> members = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, MetadataTree> items = [];

    /// <summary>The text of a leaf; null for a node with children or an absent one.</summary>
    public string? Text { get; private set; }

    public IEnumerable<string> MemberNames => members.Keys;

    public IEnumerable<MetadataTree> Items => items.Values;

    /// <summary>The names that begin with sops_ are taken from the lines, wherever they stand; the order means nothing.</summary>
    public static MetadataTree Build(IEnumerable<DotEnvLine> lines, string where)
    {
        var root = new MetadataTree();
        foreach (var line in lines)
        {
            if (root.Place(line.Name!["sops_".Length..]) is not { } leaf || !leaf.TrySet(DotEnv.Unescape(line.Text)))
            {
                throw Refusal.Because(string.Create(CultureInfo.InvariantCulture, $"{where}: line {line.Number}: sops metadata that is given twice, too deep, or contradicts another line; restore the file from its history"));
            }
        }

        return root.IsWhole() ? root : throw Refusal.Because($"{where}: a list in its sops metadata has a gap or a strange index; restore the file from its history");
    }

    public MetadataTree? Member(string name) => members.GetValueOrDefault(name);

    /// <summary>The node of a path, or null for a path deeper than any that sops writes.</summary>
    private MetadataTree? Place(string path)
    {
        var (node, rest, mark) = (this, path, MapMark);
        for (var level = 0; level < MostLevels; level++)
        {
            var map = rest.IndexOf(MapMark, StringComparison.Ordinal);
            var list = rest.IndexOf(ListMark, StringComparison.Ordinal);
            var end = map < 0 ? list : list < 0 ? map : Math.Min(map, list);
            node = node.Child(mark, end < 0 ? rest : rest[..end]);
            if (end < 0)
            {
                return node;
            }

            mark = end == map ? MapMark : ListMark;
            rest = rest[(end + mark.Length)..];
        }

        return null;
    }

    private MetadataTree Child(string mark, string name)
    {
        if (mark == MapMark)
        {
            return members.TryGetValue(name, out var member) ? member : members[name] = new MetadataTree();
        }

        // An index that is no number gets a place that leaves a gap, and the gap is refused.
        var index = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < MostItems ? number : MostItems;
        return items.TryGetValue(index, out var item) ? item : items[index] = new MetadataTree();
    }

    private bool TrySet(string text)
    {
        var fresh = Text is null;
        Text = text;
        return fresh;
    }

    private bool IsWhole() =>
        (Text is null ? 0 : 1) + (members.Count > 0 ? 1 : 0) + (items.Count > 0 ? 1 : 0) <= 1
        && items.Keys.SequenceEqual(Enumerable.Range(0, items.Count))
        && members.Values.Concat(items.Values).All(node => node.IsWhole());
}
