using Prism.Supervisor.Secrets;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Secrets;

/// <summary>What nobody vouches for does not pass in silence.</summary>
public sealed class PolicyTests : IDisposable
{
    private static readonly (string Identity, string Recipient) Key = SopsWriter.NewKey();
    private readonly SecretFolder folder = new();

    [Theory]
    [InlineData(Unauthenticated.Named, "EMPTY", "A_unencrypted")]
    [InlineData(Unauthenticated.Refuse, "EMPTY, NAMED", "A_unencrypted, NAMED_unencrypted")]
    public void An_empty_and_a_clear_entry_that_may_not_pass_are_refused_by_name(object unauthenticated, string empty, string clear)
    {
        var source = Source(Policy((Unauthenticated)unauthenticated, "NAMED", "NAMED_unencrypted"), ("EMPTY", ""), ("NAMED", ""), ("A_unencrypted", "1"), ("NAMED_unencrypted", "2"), ("B", "3"));

        var refusal = SecretFolder.Refusal(() => source.Read());

        Assert.Contains($": empty, and so not authenticated (anybody who can write the file can add such a line): {empty}; ", refusal, StringComparison.Ordinal);
        Assert.Contains($"; in clear, their names not authenticated: {clear}; ", refusal, StringComparison.Ordinal);
        Assert.All(["EMPTY", "A_unencrypted"], name => Assert.Equal("not authenticated", source.Report.Names.Single(one => one.Name == name).Objection));
        Assert.Null(source.Report.Names.Single(one => one.Name == "B").Objection);
    }

    [Fact]
    public void What_the_configuration_names_passes_without_a_word()
    {
        var reading = Source(Policy(Unauthenticated.Named, "EMPTY", "A_unencrypted"), ("EMPTY", ""), ("A_unencrypted", "1"), ("B", "2")).Read();

        Assert.Equal(["EMPTY", "A_unencrypted", "B"], reading.Values.Select(pair => pair.Key));
        Assert.DoesNotContain(reading.Warnings, warning => warning.Contains("authenticated", StringComparison.Ordinal));
    }

    [Fact]
    public void Where_all_may_pass_those_that_nobody_named_are_warned_about()
    {
        var reading = Source(Policy(Unauthenticated.Allow, "NAMED"), ("EMPTY", ""), ("NAMED", ""), ("A_unencrypted", "1")).Read();

        Assert.Contains(reading.Warnings, warning => warning.EndsWith("such a line): EMPTY", StringComparison.Ordinal));
        Assert.Contains(reading.Warnings, warning => warning.EndsWith("not authenticated: A_unencrypted", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("LD_PRELOAD")]
    [InlineData("CELERY_CONFIG_MODULE")]
    [InlineData("CELERY_LOADER")]
    [InlineData("PYTHONPATH")]
    [InlineData("PATH")]
    [InlineData("HOME")]
    [InlineData("GUNICORN_CMD_ARGS")]
    [InlineData("DJANGO_SETTINGS_MODULE")]
    [InlineData("BASH_ENV")]
    [InlineData("BASH_FUNC_ls%%")]
    [InlineData("GLIBC_TUNABLES")]
    [InlineData("NODE_OPTIONS")]
    [InlineData("PGSERVICEFILE")]
    [InlineData("SSLKEYLOGFILE")]
    public void A_name_that_steers_processes_is_refused_although_it_is_encrypted(string name)
    {
        foreach (var source in (SecretSource[])
            [
                Source(Policy(Unauthenticated.Allow), SecretDialect.Sops, (name, "x")),
                Source(Policy(Unauthenticated.Allow), SecretDialect.Sops, (name, "")),
                new(Request(folder.Write("plain.env", name + "=x\n"), SecretDialect.Sops, Policy(Unauthenticated.Allow)), Identities),
            ])
        {
            var refusal = SecretFolder.Refusal(() => source.Read());

            Assert.Contains($": would steer what processes load and run: {Quoted.Name(name)}; remove them from the file, or list them in secrets.allowNames", refusal, StringComparison.Ordinal);
            Assert.Equal("steers processes", source.Report.Names.Single().Objection);
        }
    }

    [Theory]
    [InlineData("SECRET_KEY")]
    [InlineData("DJANGO_SUPERUSER_PASSWORD")]
    [InlineData("PGPASSWORD")]
    [InlineData("OLD_PASSWORD")]
    [InlineData("XPATH")]
    [InlineData("ld_preload")]
    public void A_name_that_steers_nothing_passes(string name) =>
        Assert.True(Source(Policy(Unauthenticated.Refuse), SecretDialect.Sops, (name, "x")).Read().Values.Contains(name));

    [Fact]
    public void A_listed_name_may_steer_and_be_empty()
    {
        var policy = new SecretPolicy(Unauthenticated.Named, ["PATH", "PYTHONPATH"], ["PATH", "PYTHONPATH"]);

        Assert.Equal(["PATH", "PYTHONPATH"], Source(policy, ("PATH", "x"), ("PYTHONPATH", "")).Read().Values.Select(pair => pair.Key));
    }

    /// <summary>systemd trims what stands around a name: the name that counts is the one that the environment will have.</summary>
    [Fact]
    public void A_blank_hides_no_name() =>
        Assert.Contains(": would steer what processes load and run: PATH;", SecretFolder.Refusal(() => Source(Policy(Unauthenticated.Allow), ("PATH ", "x")).Read()), StringComparison.Ordinal);

    [Fact]
    public void A_required_name_does_not_thereby_steer() =>
        Assert.Contains("PATH", SecretFolder.Refusal(() => Source(new SecretPolicy(Unauthenticated.Named, ["PATH"], []), ("PATH", "x")).Read()), StringComparison.Ordinal);

    [Fact]
    public void Allow_all_allows_all() =>
        Assert.Equal(3, Source(SecretPolicy.AllowAll, SecretDialect.Sops, ("PATH", ""), ("LD_PRELOAD", "x"), ("A_unencrypted", "y")).Read().Values.Count);

    [Fact]
    public void All_reasons_are_told_at_once()
    {
        var path = folder.Write("all.env", SopsWriter.Write(Key.Recipient, [new("EMPTY", ""), new("PATH", "x")]));
        var request = Request(path, SecretDialect.Systemd, Policy(Unauthenticated.Named)) with { Required = ["GONE"] };

        var refusal = SecretFolder.Refusal(() => new SecretSource(request, Identities).Read());

        Assert.All(["EMPTY", "PATH", "GONE"], name => Assert.Contains(name, refusal, StringComparison.Ordinal));
    }

    public void Dispose() => folder.Dispose();

    private static IdentitySources Identities => new(null, null, null, Key.Identity);

    private static SecretPolicy Policy(Unauthenticated unauthenticated, params string[] named) => new(unauthenticated, named, []);

    private static SecretRequest Request(string path, SecretDialect dialect, SecretPolicy policy) => new(path, SecretFormat.Auto, dialect, [], [], policy);

    private SecretSource Source(SecretPolicy policy, params (string Name, string Value)[] pairs) => Source(policy, SecretDialect.Systemd, pairs);

    private SecretSource Source(SecretPolicy policy, SecretDialect dialect, params (string Name, string Value)[] pairs)
    {
        var path = folder.Write($"{Guid.NewGuid():n}.env", SopsWriter.Write(Key.Recipient, pairs.Select(pair => KeyValuePair.Create(pair.Name, pair.Value))));
        return new SecretSource(Request(path, dialect, policy), Identities);
    }
}
