using System.Text;
using CsCheck;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Secrets.Age;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Secrets;

public sealed class HostileFileTests : IDisposable
{
    /// <summary>Files with all a file can have: comments, clear and empty values, two recipients, groups, types, mac_only_encrypted.</summary>
    private static readonly string[] Names =
        ["001-prism-basic", "002-prism-full", "010-comments", "053-encrypted-regex", "060-mac-only-encrypted", "070-two-recipients-first", "080-shamir-2of3", "091-typed-from-yaml", "309-made-by-3.11.0-two-recipients"];

    /// <summary>Shorter values may be part of an honest word.</summary>
    private const int Telling = 8;

    /// <summary>The middle of every private key, and every plaintext of every fixture.</summary>
    private static readonly string[] Secrets =
    [
        .. Directory.EnumerateFiles(Path.GetDirectoryName(SopsCase.Key("alice.txt"))!).SelectMany(File.ReadAllLines)
            .Where(l => l.Contains("AGE-SECRET-KEY-", StringComparison.OrdinalIgnoreCase))
            .Select(l => l.Trim()[20..36]),
        .. SopsCase.Where(c => c.Opens).SelectMany(c => c.ExpectedPairs).Select(p => p.Value).Where(v => v.Length >= Telling).Distinct(),
    ];

    private readonly SecretFolder folder = new();

    private static Gen<(string Name, byte[] Bytes)> Mutants =>
        from name in Gen.Int[0, Names.Length - 1].Select(i => Names[i])
        let original = File.ReadAllBytes(SopsCase.Named(name).FilePath)
        from edits in Gen.Select(Gen.Int[0, 6], Gen.Int[0, original.Length - 1], Gen.Byte, Gen.Int[0, 400]).Array[1, 3]
        select (name, edits.Aggregate(original, Edit));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_altered_file_gives_the_right_values_or_a_refusal(bool systemd)
    {
        var dialect = systemd ? SecretDialect.Systemd : SecretDialect.Sops;
        var identities = Names.ToDictionary(n => n, n => SopsCase.Named(n).Identities(), StringComparer.Ordinal);
        var originals = Names.ToDictionary(n => n, n => Read(SopsCase.Named(n).FilePath, identities[n], dialect).Values, StringComparer.Ordinal);

        Mutants.Sample(
            mutant =>
            {
                var path = folder.Write(Guid.NewGuid().ToString("n"), mutant.Bytes);
                try
                {
                    var reading = Read(path, identities[mutant.Name], dialect);
                    return IsFaithful(SopsCase.Named(mutant.Name), originals[mutant.Name], reading.Values) && reading.Warnings.All(w => IsDiscreet(w, SopsCase.Named(mutant.Name)));
                }
                catch (StartupException refusal)
                {
                    return refusal.Code == ExitCode.SecretsRefused && IsDiscreet(refusal.Message, SopsCase.Named(mutant.Name));
                }
                finally
                {
                    File.Delete(path);
                }
            },
            iter: 1500,
            print: mutant => $"{mutant.Name}:\n{Encoding.Latin1.GetString(mutant.Bytes)}");
    }

    [Theory]
    [InlineData("001-prism-basic")]
    [InlineData("080-shamir-2of3")]
    public void A_file_cut_anywhere_but_before_its_last_newline_is_refused(string name)
    {
        var original = File.ReadAllBytes(SopsCase.Named(name).FilePath);
        var identities = SopsCase.Named(name).Identities();

        for (var length = 0; length < original.Length - 1; length++)
        {
            var path = folder.Write("cut.env", original[..length]);
            Assert.IsType<StartupException>(Record.Exception(() => Read(path, identities, SecretDialect.Systemd)));
        }
    }

    [Theory]
    [MemberData(nameof(ManifestTests.Refused), MemberType = typeof(ManifestTests))]
    [MemberData(nameof(ManifestTests.Opened), MemberType = typeof(ManifestTests))]
    public void Nothing_that_is_said_of_a_file_tells_a_secret(string name)
    {
        var fixture = SopsCase.Named(name);
        var path = folder.Write("file.env", File.ReadAllBytes(fixture.FilePath));

        string[] said;
        try
        {
            var reading = Read(path, fixture.Identities(), SecretDialect.Systemd);
            said = [reading.Opened, .. reading.Warnings, reading.ToString()];
        }
        catch (StartupException refusal)
        {
            said = [refusal.ToString()];
        }

        Assert.All(said, line => Assert.True(IsDiscreet(line, fixture), line));
    }

    [Fact]
    public void An_altered_age_file_never_opens_to_something_else()
    {
        var key = SopsWriter.NewKey();
        var content = Encoding.ASCII.GetBytes("content");
        using var identity = KeyFile.Parse(Encoding.ASCII.GetBytes(key.Identity)).Single();
        var armored = Encoding.ASCII.GetBytes(SopsWriter.Armored(SopsWriter.Age(key.Recipient, content)));
        var binary = SopsWriter.Age(key.Recipient, content);

        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 500], Gen.Byte, Gen.Int[0, 100]).Array[1, 3].Sample(
            edits =>
            {
                return Opens(() => AgeFile.ParseArmored(edits.Aggregate(armored, Edit))) && Opens(() => AgeFile.Parse(edits.Aggregate(binary, Edit)));

                bool Opens(Func<AgeFile> parse)
                {
                    try
                    {
                        return parse().Open(identity) is not { } opened || opened.AsSpan().SequenceEqual(content);
                    }
                    catch (FormatException)
                    {
                        return true;
                    }
                }
            },
            iter: 3000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_data_key_of_another_length_is_refused(int length)
    {
        var key = SopsWriter.NewKey();
        var text = SopsWriter.Write(key.Recipient, [KeyValuePair.Create("A", "x")]);
        var start = text.IndexOf("-----BEGIN", StringComparison.Ordinal);
        var armor = SopsWriter.Armored(SopsWriter.Age(key.Recipient, new byte[length])).Replace("\n", @"\n", StringComparison.Ordinal);
        var path = folder.Write("length.env", text[..start] + armor + text[text.IndexOf("\nsops_age__list_0__map_recipient", StringComparison.Ordinal)..]);

        var refusal = SecretFolder.Refusal(() => Read(path, new(null, null, null, key.Identity), SecretDialect.Sops));

        Assert.Contains($"its data key has {length} bytes instead of 32", refusal, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static SecretReading Read(string path, IdentitySources identities, SecretDialect dialect) =>
        new SecretSource(new SecretRequest(path, SecretFormat.Sops, dialect, [], [], SecretPolicy.AllowAll), identities).Read();

    /// <summary>
    /// What the MAC vouches for is there as it was; what it does not (names of clear values, empty ones, and clear values with
    /// mac_only_encrypted) may be different.
    /// </summary>
    private static bool IsFaithful(SopsCase fixture, SecretEnvironment original, SecretEnvironment mutant)
    {
        var encrypted = fixture.Text.Split('\n').Where(l => l.Contains("=ENC[", StringComparison.Ordinal)).Select(l => l[..l.IndexOf('=', StringComparison.Ordinal)]).ToHashSet(StringComparer.Ordinal);
        var clearMayChange = fixture.Name == "060-mac-only-encrypted";
        return original.Where(p => encrypted.Contains(p.Key)).All(p => mutant.TryGet(p.Key, out var value) && value!.Reveal() == p.Value.Reveal())
            && (clearMayChange || mutant.Select(p => p.Value.Reveal()).All(v => v.Length == 0 || original.Any(p => p.Value.Reveal() == v)));
    }

    private static bool IsDiscreet(string line, SopsCase fixture) =>
        !Secrets.Concat(ValuesOf(fixture)).Any(s => line.Contains(s, StringComparison.Ordinal));

    /// <summary>The values as they stand in the file, encrypted or not: no message quotes its input.</summary>
    private static IEnumerable<string> ValuesOf(SopsCase fixture) => fixture.Text.Split('\n')
        .Where(l => l.Contains('=', StringComparison.Ordinal) && !l.StartsWith("sops_", StringComparison.Ordinal))
        .Select(l => l[(l.IndexOf('=', StringComparison.Ordinal) + 1)..])
        .Where(v => v.Length >= Telling);

    private static byte[] Edit(byte[] bytes, (int Kind, int At, byte With, int Length) edit)
    {
        if (bytes.Length == 0)
        {
            return bytes;
        }

        var at = edit.At % bytes.Length;
        var end = Math.Min(bytes.Length, at + edit.Length);
        var (start, stop) = (bytes.AsSpan(0, at).LastIndexOf((byte)'\n') + 1, bytes.AsSpan(at).IndexOf((byte)'\n') is >= 0 and var n ? at + n + 1 : bytes.Length);
        return edit.Kind switch
        {
            0 => [.. bytes[..at], edit.With, .. bytes[(at + 1)..]],
            1 => [.. bytes[..at], edit.With, .. bytes[at..]],
            2 => [.. bytes[..at], .. bytes[end..]],
            3 => bytes[..at],
            4 => [.. bytes[..start], .. bytes[stop..]],
            5 => [.. bytes, .. bytes[start..stop]],
            _ => [.. bytes[..at], (byte)"=\n\r\\\"'# \t]_,1"[edit.With % 13], .. bytes[at..]],
        };
    }
}
