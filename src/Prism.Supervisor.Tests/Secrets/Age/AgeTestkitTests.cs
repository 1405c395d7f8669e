using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Prism.Supervisor.Secrets.Age;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Secrets.Age;

public sealed class AgeTestkitTests
{
    private const string Stranger = "AGE-SECRET-KEY-140DG77J6D6NC4PY3HLPKR90LWTY45SCKY9VSPVLF7JL7WPZFKE7SLKWQG4";

    public static TheoryData<string> Files => Vectors.FileNames("age-testkit", _ => true);

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_of_the_age_testkit_is_opened_or_refused_as_it_says_or_its_key_is_refused_by_name(string name) => _ = Judge(name);

    [Fact]
    public void All_of_the_age_testkit_is_counted()
    {
        _ = Vectors.Folder("age-testkit");
        var judged = Files.Select(row => Judge(row.Data)).ToList();

        Assert.Equal(143, judged.Count);
        Tally.Say("age-testkit", $"age testkit: {judged.Count} vectors, {judged.Count(j => j == Verdict.Opened)} opened, {judged.Count(j => j == Verdict.Refused)} refused as they should be, {judged.Count(j => j == Verdict.OtherKind)} for a passphrase or a post-quantum key refused as not supported");
    }

    private static Verdict Judge(string name)
    {
        var (header, file) = Read(Path.Combine(Vectors.Folder("age-testkit"), name));
        var keys = header["identity"].ToList();
        if (header.Contains("passphrase") || keys.Exists(k => !k.StartsWith("AGE-SECRET-KEY-1", StringComparison.Ordinal)))
        {
            // The key itself is refused by its kind; and the file, whatever its fault, with any other key.
            Assert.All(keys.Where(k => k.StartsWith("AGE-SECRET-KEY-PQ-1", StringComparison.Ordinal)), key =>
                Assert.Contains("is a post-quantum key, which is not supported", Assert.Throws<FormatException>(() => KeyFile.Parse(Encoding.ASCII.GetBytes(key))).Message, StringComparison.Ordinal));
            Assert.NotEqual("success", Open(file, header.Contains("armored"), [Stranger]).Outcome);
            return Verdict.OtherKind;
        }

        var (outcome, content) = Open(file, header.Contains("armored"), keys);
        Assert.Equal(header["expect"].Single(), outcome);
        if (content is null)
        {
            return Verdict.Refused;
        }

        Assert.Equal(header["payload"].Single(), Convert.ToHexStringLower(SHA256.HashData(content)));
        return Verdict.Opened;
    }

    private static (string Outcome, byte[]? Content) Open(byte[] bytes, bool armored, IEnumerable<string> keys)
    {
        try
        {
            var file = armored ? AgeFile.ParseArmored(bytes) : AgeFile.Parse(bytes);
            var content = KeyFile.Parse(Encoding.ASCII.GetBytes(string.Join('\n', keys))).Select(file.Open).FirstOrDefault(c => c is not null);
            return (content is null ? "no match" : "success", content);
        }
        catch (FormatException fault)
        {
            return (fault.Message switch
            {
                "the MAC of its age header does not hold" => "HMAC failure",
                var m when m.Contains("armor", StringComparison.Ordinal) => "armor failure",
                var m when m.Contains("payload", StringComparison.Ordinal) => "payload failure",
                _ => "header failure",
            }, null);
        }
    }

    private static (ILookup<string, string> Header, byte[] File) Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var end = bytes.AsSpan().IndexOf("\n\n"u8);
        var header = Encoding.UTF8.GetString(bytes, 0, end).Split('\n').Select(l => l.Split(": ", 2)).ToLookup(l => l[0], l => l[1]);
        var body = bytes[(end + 2)..];
        if (header.Contains("compressed"))
        {
            using var clear = new MemoryStream();
            using var zlib = new ZLibStream(new MemoryStream(body), CompressionMode.Decompress);
            zlib.CopyTo(clear);
            body = clear.ToArray();
        }

        return (header, body);
    }

    private enum Verdict
    {
        Opened,
        Refused,
        OtherKind,
    }
}
