using System.Text;
using CsCheck;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Secrets;

/// <summary>What the test's own encryptor writes is read; with one byte changed anywhere in what is authenticated it is not.</summary>
public sealed class FlippedByteTests : IDisposable
{
    private static readonly (string Identity, string Recipient) Key = SopsWriter.NewKey();
    private readonly SecretFolder folder = new();

    private static Gen<Dictionary<string, string>> Files => Gen.Dictionary(
        Gen.String[Gen.Char["ABCDEFGHIJKLMNOPQRSTUVWXYZ_"], 1, 12].Where(name => !name.EndsWith("_unencrypted", StringComparison.Ordinal)),
        Gen.Byte[1, 255].Array[0, 60].Select(bytes => ByteText.Decode(bytes)).Where(value => !value.Contains(@"\n", StringComparison.Ordinal)))[1, 6];

    [Fact]
    public void What_is_written_is_read() => Files.Sample(pairs =>
    {
        var reading = Read(SopsWriter.Write(Key.Recipient, pairs));
        return pairs.Count == reading.Count && pairs.All(pair => reading.TryGet(pair.Key, out var secret) && secret!.Reveal() == pair.Value);
    });

    [Fact]
    public void A_changed_byte_of_a_value_its_name_the_MAC_or_the_key_is_refused() =>
        Gen.Select(Files.Where(pairs => pairs.Values.Any(value => value.Length > 0)), Gen.Int[0, int.MaxValue], Gen.Int[0, 7]).Sample((pairs, place, bit) =>
        {
            var text = Encoding.UTF8.GetBytes(SopsWriter.Write(Key.Recipient, pairs));
            var places = Authenticated(text).ToList();
            var at = places[place % places.Count];
            text[at] ^= (byte)(1 << bit);
            try
            {
                _ = Read(ByteText.Decode(text));
                return false;
            }
            catch (StartupException refusal)
            {
                return refusal.Code == ExitCode.SecretsRefused;
            }
        });

    public void Dispose() => folder.Dispose();

    /// <summary>Every byte of the lines that hold an ENC[…], the age file or the date, their ends left out: a line end more or less is found by what stands beside it.</summary>
    private static IEnumerable<int> Authenticated(byte[] text)
    {
        var start = 0;
        foreach (var line in Encoding.UTF8.GetString(text).Split('\n'))
        {
            var length = Encoding.UTF8.GetByteCount(line);
            // The date is the MAC's associated data.
            if (line.Contains("ENC[", StringComparison.Ordinal) || line.Contains("_enc=", StringComparison.Ordinal) || line.StartsWith("sops_lastmodified=", StringComparison.Ordinal))
            {
                foreach (var at in Enumerable.Range(start, length))
                {
                    yield return at;
                }
            }

            start += length + 1;
        }
    }

    private SecretEnvironment Read(string text)
    {
        var path = folder.Write(Guid.NewGuid().ToString("n"), ByteText.Encode(text)); // Samples run side by side.
        try
        {
            return SecretFolder.Read(path, new(null, null, null, Key.Identity), dialect: SecretDialect.Sops, format: SecretFormat.Sops).Values;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
