using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Prism.Supervisor.Configuration;
using Prism.Supervisor.Database;
using Prism.Supervisor.Releases;
using Prism.Supervisor.Steps;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Releases;

public sealed class StepMemoryTests : IDisposable
{
    private static readonly ManageStep Migrate = new("migrate", ["prism-migrate"], "steps.migrate", ExitCode.MigrateFailed) { When = StepPolicy.Changed, Fingerprint = new string('a', 64) };

    private readonly TempFolder folder = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 23, 1, 2, 3, TimeSpan.Zero));
    private readonly RecordingLogger<StepMemory> log = new();
    private readonly StepMemory memory;
    private IdentityAnswer database = new("one", null);
    private int asked;

    public StepMemoryTests() => memory = new StepMemory(time, log);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string[] Said => [.. log.Entries.Select(entry => entry.Text)];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task What_has_not_succeeded_yet_is_run_and_the_database_is_not_asked()
    {
        Assert.True(await MustRunAsync(Migrate));
        Assert.Equal(0, asked);
    }

    [Fact]
    public async Task What_has_succeeded_is_skipped_and_the_journal_says_since_when()
    {
        await SucceedAsync(Migrate);
        time.Advance(TimeSpan.FromDays(1));

        Assert.False(await MustRunAsync(Migrate));
        Assert.Equal(["Skipped migrate: nothing has changed since it succeeded at 2026-11-23 01:02:03 UTC"], Said);
    }

    [Fact]
    public async Task A_step_that_has_begun_is_run_until_it_succeeds()
    {
        await SucceedAsync(Migrate);

        memory.Begin(Migrate, folder.Path);
        Assert.True(await MustRunAsync(Migrate));

        await SucceedAsync(Migrate);
        Assert.False(await MustRunAsync(Migrate));
    }

    /// <summary>Before the database is asked.</summary>
    [Fact]
    public async Task What_is_expected_goes_by_the_last_success_alone_and_says_nothing()
    {
        Assert.False(IsExpected(Migrate));
        await SucceedAsync(Migrate);

        Assert.True(IsExpected(Migrate));
        Assert.False(IsExpected(Migrate with { Fingerprint = new string('b', 64) }));
        Assert.False(IsExpected(Migrate with { Fingerprint = null }));
        Assert.False(IsExpected(Migrate with { When = StepPolicy.Always }));
        Assert.True(IsExpected(Migrate with { When = StepPolicy.Never, Fingerprint = null }));
        Assert.True(IsExpected(Migrate with { Command = [], Fingerprint = null }));
        Assert.False(IsExpected(Migrate with { When = StepPolicy.Always, Command = [] }));
        memory.Begin(Migrate, folder.Path);
        Assert.False(IsExpected(Migrate));
        Assert.DoesNotContain(log.Entries, entry => entry.Level > LogLevel.Debug);
    }

    [Fact]
    public async Task A_step_that_begins_without_being_known_is_forgotten_too()
    {
        await SucceedAsync(Migrate);

        memory.Begin(Migrate with { Fingerprint = null }, folder.Path);

        Assert.True(await MustRunAsync(Migrate));
    }

    [Fact]
    public async Task Another_fingerprint_is_run_before_the_database_is_asked()
    {
        await SucceedAsync(Migrate);
        asked = 0;

        Assert.True(await MustRunAsync(Migrate with { Fingerprint = new string('b', 64) }));
        Assert.Equal(0, asked);
        Assert.Equal(["migrate has to run: the release, its command or its settings have changed since it succeeded at 2026-11-23 01:02:03 UTC"], Said);
    }

    [Fact]
    public async Task Another_database_is_migrated()
    {
        await SucceedAsync(Migrate);
        database = new IdentityAnswer("two", null);

        Assert.True(await MustRunAsync(Migrate));
        Assert.Equal(["migrate has to run: the database is another, or its migrations are others, since it succeeded at 2026-11-23 01:02:03 UTC"], Said);
    }

    [Fact]
    public async Task A_database_that_cannot_be_asked_is_migrated()
    {
        await SucceedAsync(Migrate);
        database = IdentityAnswer.Unknown("ConnectionRefused");

        Assert.True(await MustRunAsync(Migrate));
        Assert.Equal(["migrate has to run: the database cannot be asked what it is: ConnectionRefused"], Said);
    }

    [Fact]
    public async Task A_success_is_not_kept_for_a_database_that_cannot_be_asked_afterwards()
    {
        database = IdentityAnswer.Unknown("ConnectionRefused");
        await SucceedAsync(Migrate);
        database = new IdentityAnswer("one", null);

        Assert.True(await MustRunAsync(Migrate));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        Assert.Contains("ConnectionRefused", Said[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_can_never_be_asked_is_no_news()
    {
        database = IdentityAnswer.None;
        await SucceedAsync(Migrate);

        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        Assert.Equal(LogLevel.Debug, Assert.Single(log.Entries).Level);
    }

    [Fact]
    public async Task What_the_migration_itself_changed_is_what_is_remembered()
    {
        database = new IdentityAnswer("before", null);
        Assert.True(await MustRunAsync(Migrate));
        database = new IdentityAnswer("after", null);
        await SucceedAsync(Migrate);

        Assert.False(await MustRunAsync(Migrate));
        database = new IdentityAnswer("before", null);
        Assert.True(await MustRunAsync(Migrate));
    }

    [Fact]
    public async Task Nothing_of_the_database_stands_in_the_record()
    {
        database = new IdentityAnswer("hush", null);
        await SucceedAsync(Migrate);

        Assert.DoesNotContain("hush", await File.ReadAllTextAsync(folder[".prism-migrate"], Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Always_runs_and_is_remembered_all_the_same()
    {
        await SucceedAsync(Migrate with { When = StepPolicy.Always });

        Assert.True(await MustRunAsync(Migrate with { When = StepPolicy.Always }));
        Assert.False(await MustRunAsync(Migrate));
    }

    [Fact]
    public async Task Never_does_not_run_and_says_so()
    {
        Assert.False(await MustRunAsync(Migrate with { When = StepPolicy.Never, Fingerprint = null }));
        Assert.Equal(["Skipped migrate: steps.migrateWhen is never"], Said);
    }

    [Fact]
    public async Task What_is_left_out_is_no_question()
    {
        foreach (var policy in Enum.GetValues<StepPolicy>())
        {
            Assert.True(await MustRunAsync(Migrate with { Command = [], Fingerprint = null, When = policy }));
        }

        Assert.Empty(Said);
    }

    [Fact]
    public async Task A_release_that_cannot_be_told_is_run_each_time_and_that_is_said_once()
    {
        var unknown = Migrate with { Fingerprint = null };
        await SucceedAsync(unknown);

        Assert.True(await MustRunAsync(unknown));
        Assert.True(await MustRunAsync(unknown));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        Assert.Equal(["What has been done already cannot be known, and is done each time: give the release a name (release.id), or its commands by their paths in /nix/store"], Said);
    }

    [Fact]
    public void Whoever_remembers_by_himself_hears_what_is_settled()
    {
        Assert.Null(memory.Settled(Migrate));
        Assert.True(memory.Settled(Migrate with { When = StepPolicy.Always })?.MustRun);
        Assert.False(memory.Settled(Migrate with { When = StepPolicy.Never })?.MustRun);
        Assert.True(memory.Settled(Migrate with { Fingerprint = null })?.MustRun);
    }

    private async Task<bool> MustRunAsync(ManageStep step) => (await memory.DecideAsync(step, folder.Path, AskAsync, Stop)).MustRun;

    private Task SucceedAsync(ManageStep step) => memory.SucceededAsync(step, folder.Path, AskAsync, Stop);

    private Task<IdentityAnswer> AskAsync(CancellationToken stopping)
    {
        asked++;
        return Task.FromResult(database);
    }

    private bool IsExpected(ManageStep step) => memory.IsExpectedToBeSkipped(step, folder.Path);
}
