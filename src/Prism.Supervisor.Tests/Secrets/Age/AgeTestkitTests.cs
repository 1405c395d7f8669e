using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Prism.Supervisor.Secrets.Age;

namespace Prism.Supervisor.Tests.Secrets.Age;

public sealed class AgeTestkitTests
{
    /// <summary>Those that take a passphrase or a post-quantum key only are left out: neither is supported.</summary>
    public static TheoryData<string> Files => Vectors.FileNames("age-testkit", file =>
        Path.GetFileName(file) is "empty" or "armor_empty" || File.ReadAllText(file).Contains("\nidentity: AGE-SECRET-KEY-1", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_of_the_age_testkit_is_opened_or_refused_as_it_says(string name)
    {
        var (header, file) = Read(Path.Combine(Vectors.Folder("age-testkit"), name));

        var (outcome, content) = Open(file, header.Contains("armored"), header["identity"]);

        Assert.Equal(header["expect"].Single(), outcome);
        if (content is not null)
        {
            Assert.Equal(header["payload"].Single(), Convert.ToHexStringLower(SHA256.HashData(content)));
        }
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
}
