using Prism.Supervisor.Secrets;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Secrets;

public sealed class SecretSourceTests : IDisposable
{
    private static readonly (string Identity, string Recipient) Key = SopsWriter.NewKey();

    private readonly SecretFolder folder = new();

    [Fact]
    public void A_written_file_is_read_with_the_key_of_each_of_the_four_places()
    {
        var path = Sops(("A", "secret"));
        var keyFile = folder.Write("age-key", Key.Identity);
        using var descriptor = File.OpenHandle(keyFile);

        var readings = new (IdentitySources Sources, string Place)[]
        {
            (new(descriptor, null, null, null), "descriptor age-key"),
            (new(null, folder.Root, null, null), "credential age-key"),
            (new(null, null, keyFile, null), $"SOPS_AGE_KEY_FILE {keyFile}"),
            (new(null, null, null, Key.Identity), "SOPS_AGE_KEY"),
        };

        Assert.All(readings, r =>
        {
            var reading = SecretFolder.Read(path, r.Sources);
            Assert.Equal([KeyValuePair.Create("A", "secret")], SecretFolder.Revealed(reading));
            Assert.Equal($"sops 3.13.2 file of 2026-01-02T03:04:05Z, opened by the age key of {r.Place}", reading.Opened);
            Assert.Equal(r.Sources.Descriptor is null ? 1 : 0, reading.Warnings.Count(w => w.Contains("readable by every process of this user", StringComparison.Ordinal)));
        });
    }

    [Fact]
    public void Each_reading_sees_the_file_as_it_is_then_and_the_descriptor_from_its_start()
    {
        var path = Sops(("A", "first"));
        using var stream = File.OpenRead(folder.Write("key", Key.Identity));
        var source = new SecretSource(new SecretRequest(path, SecretFormat.Auto, SecretDialect.Systemd, [], [], SecretPolicy.AllowAll), new(stream.SafeFileHandle, null, null, null));

        var first = source.Read();
        stream.Seek(0, SeekOrigin.End);
        Sops(("A", "second"));
        var second = source.Read();

        Assert.Equal("first", Value(first, "A"));
        Assert.Equal("second", Value(second, "A"));
    }

    [Fact]
    public void A_bad_place_does_not_stop_a_good_one_and_is_named()
    {
        var bad = folder.Write("bad", "AGE-SECRET-KEY-1NOTAKEY");

        var reading = SecretFolder.Read(Sops(("A", "x")), new(null, null, bad, Key.Identity));

        Assert.Contains(reading.Warnings, w => w.EndsWith($"SOPS_AGE_KEY_FILE {bad} line 1 is a mistyped or damaged key: its checksum does not hold", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_any_key_the_places_and_the_recipient_are_named()
    {
        var refusal = SecretFolder.Refusal(() => SecretFolder.Read(Sops(("A", "x"))));

        Assert.All(["OpenFile=", "LoadCredential=", "SOPS_AGE_SSH_PRIVATE_KEY_FILE", "SOPS_AGE_KEY_FILE", "SOPS_AGE_KEY;", Key.Recipient], part => Assert.Contains(part, refusal, StringComparison.Ordinal));
    }

    [Fact]
    public void With_the_wrong_key_both_sides_are_named()
    {
        var other = SopsWriter.NewKey();

        var refusal = SecretFolder.Refusal(() => SecretFolder.Read(Sops(("A", "x")), new(null, null, null, other.Identity)));

        Assert.Contains($"it is for {Key.Recipient}; the keys here are {other.Recipient} of SOPS_AGE_KEY", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_few_parts_of_a_data_key_are_counted() =>
        Assert.Contains("the age keys here open 1 of the 2 key groups it takes", SecretFolder.Refusal(() => SopsCase.Named("083-shamir-too-few").Read()), StringComparison.Ordinal);

    [Fact]
    public void What_is_missing_is_told_at_once()
    {
        var path = Sops(("A", "x"), ("EMPTY", ""), ("MAIL_USER", "u"), ("ONE", "1"), ("TWO", "2"));

        var refusal = SecretFolder.Refusal(() => SecretFolder.Read(
            path, Text(), required: ["A", "EMPTY", "GONE"], together: [["MAIL_USER", "MAIL_PASSWORD"], ["ONE", "TWO"], ["NO", "NEVER"]]));

        Assert.Contains("missing or empty: EMPTY, GONE; MAIL_USER without MAIL_PASSWORD (all of them or none);", refusal, StringComparison.Ordinal);
        Assert.DoesNotContain("TWO", refusal, StringComparison.Ordinal);
        Assert.DoesNotContain("NEVER", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(131072 - 3, true)]
    [InlineData(131072 - 2, false)]
    public void A_value_that_execve_would_not_take_is_refused_by_name(int length, bool fits)
    {
        var path = folder.Write("long.env", $"A={new string('x', length)}\nB=1\n");

        var refusal = Record.Exception(() => SecretFolder.Read(path)) as StartupException;

        Assert.Equal(fits ? null : ExitCode.SecretsRefused, refusal?.Code);
        Assert.Equal(fits, refusal?.Message.StartsWith($"{path}: longer than the 131072 bytes that execve(2) takes: A;", StringComparison.Ordinal) != true);
    }

    [Fact]
    public void The_dialects_differ_where_systemd_unquotes_and_each_difference_is_named()
    {
        var path = Sops(("QUOTED", "\"a\""), ("LINES", "a\nb"), ("SAME", "a # b"), ("export X", "1"));

        var systemd = SecretFolder.Read(path, Text());
        var sops = SecretFolder.Read(path, Text(), dialect: SecretDialect.Sops);

        Assert.Equal(("a", "anb", "a # b", false), (Value(systemd, "QUOTED"), Value(systemd, "LINES"), Value(systemd, "SAME"), systemd.Values.Contains("export X")));
        Assert.Equal(("\"a\"", "a\nb", "a # b", true), (Value(sops, "QUOTED"), Value(sops, "LINES"), Value(sops, "SAME"), sops.Values.Contains("export X")));
        Assert.All([systemd, sops], r =>
        {
            Assert.Contains(r.Warnings, w => w.EndsWith(": QUOTED, LINES", StringComparison.Ordinal));
            Assert.Contains(r.Warnings, w => w.EndsWith(": \"export X\"", StringComparison.Ordinal));
        });
    }

    [Fact]
    public void Empty_and_clear_entries_are_named()
    {
        var warnings = SecretFolder.Read(Sops(("A", "x"), ("EMPTY", ""), ("PORT_unencrypted", "1")), Text()).Warnings;

        Assert.Contains(warnings, w => w.Contains("not authenticated", StringComparison.Ordinal) && w.EndsWith(": EMPTY", StringComparison.Ordinal));
        Assert.Contains(warnings, w => w.Contains("in clear", StringComparison.Ordinal) && w.EndsWith(": PORT_unencrypted", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("A=\n")]
    [InlineData(" A=\n")]
    [InlineData("A\t=\n")]
    [InlineData("x\rA=\n")]
    public void An_empty_line_cannot_replace_an_authenticated_value(string line)
    {
        var path = folder.Write("twice.env", SopsWriter.Write(Key.Recipient, [KeyValuePair.Create("A", "x")]) + line);

        Assert.Contains(": A would be changed by a line that is not authenticated", SecretFolder.Refusal(() => SecretFolder.Read(path, Text())), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("#x\rEVIL=1\n")]
    [InlineData("#\rEVIL='1'")]
    public void A_comment_cannot_become_a_variable(string line)
    {
        var path = folder.Write("comment.env", SopsWriter.Write(Key.Recipient, [KeyValuePair.Create("A", "x")]) + line);

        Assert.Contains(": EVIL would be changed by a line that is not authenticated", SecretFolder.Refusal(() => SecretFolder.Read(path, Text())), StringComparison.Ordinal);
    }

    /// <summary>The name of a clear value is not authenticated: moved over an encrypted one, it would replace it.</summary>
    [Theory]
    [InlineData("SECRET_KEY=0", false)]
    [InlineData("SECRET_KEY=0", true)]
    [InlineData("SECRET_KEY =0", true)]
    [InlineData("\tSECRET_KEY=0", true)]
    public void A_clear_value_cannot_take_the_name_of_an_encrypted_one(string line, bool systemd)
    {
        var fixture = SopsCase.Named("053-encrypted-regex");
        var path = folder.Write("renamed.env", fixture.Text.Replace("DEBUG=0", line, StringComparison.Ordinal));

        var refusal = SecretFolder.Refusal(() => fixture.Read(path, systemd ? SecretDialect.Systemd : SecretDialect.Sops));

        Assert.Contains(": SECRET_KEY would be changed by a line that is not authenticated", refusal, StringComparison.Ordinal);
    }

    /// <summary>With mac_only_encrypted the MAC does not see a clear value: the file's rule alone keeps it out.</summary>
    [Fact]
    public void A_clear_value_that_ought_to_be_encrypted_is_refused_by_name()
    {
        var fixture = SopsCase.Named("060-mac-only-encrypted");
        var path = folder.Write("clear.env", "EVIL=planted\n" + fixture.Text);

        var refusal = SecretFolder.Refusal(() => fixture.Read(path));

        Assert.Contains(": line 1: EVIL is not encrypted although the file's rule says it is", refusal, StringComparison.Ordinal);
        Assert.DoesNotContain("planted", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Metadata_that_nests_without_end_is_refused()
    {
        var path = folder.Write("deep.env", $"sops_a{string.Concat(Enumerable.Repeat("__map_a", 100_000))}=x\n");

        Assert.Contains("line 1: sops metadata that is given twice, too deep,", SecretFolder.Refusal(() => SecretFolder.Read(path, Text())), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"open")]
    [InlineData("'open")]
    [InlineData("open\\")]
    public void A_comment_cannot_become_part_of_a_value(string value)
    {
        var text = SopsWriter.Write(Key.Recipient, [KeyValuePair.Create("A", value), KeyValuePair.Create("B", "x")]);
        var path = folder.Write("open.env", text.Replace("\nB=", "\n#evil\nB=", StringComparison.Ordinal));

        Assert.Contains(": A would be changed by a line that is not authenticated", SecretFolder.Refusal(() => SecretFolder.Read(path, Text())), StringComparison.Ordinal);
        Assert.Equal(value, Value(SecretFolder.Read(path, Text(), dialect: SecretDialect.Sops), "A"));
    }

    [Fact]
    public void A_clear_file_is_read_as_systemd_does_and_warned_about_when_everybody_can_read_it()
    {
        var path = folder.Write("clear.env", "A='x y'\nnonsense\n1B=z\nA=\"w\"\n");
        var quiet = SecretFolder.Read(path);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var loud = SecretFolder.Read(path, format: SecretFormat.Env);

        Assert.Equal([KeyValuePair.Create("A", "w")], SecretFolder.Revealed(quiet));
        Assert.Equal("environment file, not encrypted", quiet.Opened);
        Assert.Equal([$"{path}: without =, and so ignored: line 2", $"{path}: no names for an environment, and so dropped: \"1B\""], quiet.Warnings);
        Assert.Equal([$"{path}: every user of this host can read it (mode 0404); chmod o-r", .. quiet.Warnings], loud.Warnings);
    }

    [Theory]
    [InlineData("A=1\nB=ENC[AES256_GCM,data:xyz")]
    [InlineData("A=\"ENC[")]
    [InlineData("#ENC[AES256_GCM,data:xyz")]
    [InlineData("secret: ENC[x]")]
    [InlineData("{\"a\": \"ENC[AES256_GCM,data:x")]
    [InlineData("- ENC[x]")]
    public void The_remains_of_a_sops_file_are_not_taken_for_a_clear_one(string text)
    {
        var path = folder.Write("remains.env", text);

        Assert.All([SecretFormat.Auto, SecretFormat.Env], format =>
            Assert.Contains("is encrypted by sops, but the file has no sops_ lines", SecretFolder.Refusal(() => SecretFolder.Read(path, format: format)), StringComparison.Ordinal));
    }

    [Fact]
    public void A_password_with_ENC_in_its_middle_is_only_a_password() =>
        Assert.Equal("xENC[y", Value(SecretFolder.Read(folder.Write("clear.env", "A=xENC[y\n")), "A"));

    [Fact]
    public void A_sops_file_is_not_read_as_a_clear_one() =>
        Assert.Contains("is a sops file; set its format", SecretFolder.Refusal(() => SecretFolder.Read(Sops(("A", "x")), Text(), SecretFormat.Env)), StringComparison.Ordinal);

    [Fact]
    public void What_a_record_prints_holds_no_secret()
    {
        var reading = SecretFolder.Read(Sops(("A", "canary-value")), Text());
        var printed = $"{reading} {reading.Values} {reading.Values.Single()} {Text()}";

        Assert.Contains("1 secrets", printed, StringComparison.Ordinal);
        Assert.Contains("***", printed, StringComparison.Ordinal);
        Assert.DoesNotContain("canary-value", printed, StringComparison.Ordinal);
        Assert.DoesNotContain(Key.Identity, printed, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static IdentitySources Text() => new(null, null, null, Key.Identity);

    private static string? Value(SecretReading reading, string name) => reading.Values.TryGet(name, out var secret) ? secret!.Reveal() : null;

    private string Sops(params (string Name, string Value)[] pairs) =>
        folder.Write("sops.env", SopsWriter.Write(Key.Recipient, pairs.Select(p => KeyValuePair.Create(p.Name, p.Value))));
}
