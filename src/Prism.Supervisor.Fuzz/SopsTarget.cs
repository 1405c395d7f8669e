using Prism.Supervisor.Secrets;
using Prism.Supervisor.Secrets.Sops;

namespace Prism.Supervisor.Fuzz;

/// <summary>Sops/SopsFile from the first line to the two dialects' values. A text without sops_ lines is a recipe: a file is made from it whose key and MAC hold, so that what lies behind them is reached too.</summary>
internal static class SopsTarget
{
    private static readonly SecretPolicy[] Policies = [SecretPolicy.AllowAll, .. Enum.GetValues<Unauthenticated>().Select(u => new SecretPolicy(u, ["A"], ["PATH"]))];

    private static readonly Keyring Ours = Keyring.Gather(new IdentitySources(null, null, null, AgeTarget.Key));

    public static void Run(byte[] input)
    {
        if (Targets.Text(input) is not { } text)
        {
            return;
        }

        if (SopsFile.Recognizes(text))
        {
            _ = Refusable(input, () => Read(text, input));
        }
        else if (SopsRecipe.TryParse(text) is { } recipe)
        {
            var entries = Refusable(input, () => Open(recipe.File(), SopsRecipe.DataKey, input));
            Finding.Unless(entries is not null || !recipe.MustOpen, "a whole file is refused");
            Finding.Unless(entries is null || recipe.IsReadIn(entries), "what was encrypted is not what is read");
        }
    }

    private static IReadOnlyList<SopsEntry>? Refusable(byte[] input, Func<IReadOnlyList<SopsEntry>> read) =>
        Targets.Refusable<StartupException, IReadOnlyList<SopsEntry>>(input, read);

    /// <summary>With the data key that the file gives us, or another: the lines are read either way.</summary>
    private static IReadOnlyList<SopsEntry> Read(string text, byte[] input)
    {
        var file = SopsFile.Parse(text, Targets.Where);
        byte[]? found = null;
        _ = Targets.Refusable<StartupException, string>(input, () =>
        {
            using var key = DataKey.Find(file.Metadata, Ours, Targets.Where);
            found = [.. key.Bytes];
            return text;
        });
        return Open(text, found ?? SopsRecipe.DataKey, input);
    }

    private static IReadOnlyList<SopsEntry> Open(string text, byte[] dataKey, byte[] input)
    {
        var file = SopsFile.Parse(text, Targets.Where);
        var entries = file.Decrypt(dataKey);
        var views = new DialectViews(entries, file.Metadata.MacOnlyEncrypted, Targets.Where);
        foreach (var dialect in Enum.GetValues<SecretDialect>())
        {
            var values = Targets.Refusable<StartupException, SecretEnvironment>(input, () => views.Values(dialect));
            var report = new SecretReport();
            foreach (var policy in Policies.Select(p => new PolicyCheck(p, report)))
            {
                policy.Entries(entries, file.Metadata.MacOnlyEncrypted);
                policy.Steering(values ?? new SecretEnvironment([]));
            }

            foreach (var line in report.Faults.Concat(report.Warnings).Concat(views.Differences(dialect)))
            {
                Targets.RequireDiscretion(line, input);
            }
        }

        return entries;
    }
}
