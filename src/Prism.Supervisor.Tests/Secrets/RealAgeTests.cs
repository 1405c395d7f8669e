using System.Security.Cryptography;
using System.Text;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Secrets.Age;
using Prism.Supervisor.Tests.Fixtures;
using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Secrets;

/// <summary>Keys made by the real ssh-keygen and age-keygen, files sealed by the real age.</summary>
[Trait("ring", "process")]
public sealed class RealAgeTests : IDisposable
{
    private const string Age = "/usr/bin/age";
    private const string AgeKeygen = "/usr/bin/age-keygen";
    private const string SshKeygen = "/usr/bin/ssh-keygen";

    private readonly SecretFolder folder = new();

    [Fact]
    public async Task What_age_seals_for_several_recipients_each_key_opens()
    {
        string[] files = [await SshAsync("ed", "-t", "ed25519"), await SshAsync("rsa2048", "-t", "rsa", "-b", "2048"), await SshAsync("rsa3072", "-t", "rsa", "-b", "3072", "-m", "PEM"), await SshAsync("rsa4096", "-t", "rsa", "-b", "4096", "-m", "PKCS8")];
        await RunAsync(AgeKeygen, "-o", $"{folder.Root}/native");
        Identity[] keys = [.. files.SelectMany(file => SshKey.Parse(File.ReadAllBytes(file))), .. KeyFile.Parse(File.ReadAllBytes($"{folder.Root}/native"))];
        var content = RandomNumberGenerator.GetBytes(32);

        // The key lines that ssh-keygen wrote, the converted key and the native one.
        var armor = await SealAsync(content, [.. files.Select(file => File.ReadAllText($"{file}.pub").Trim()), .. keys.Where(k => k.IsNative).Select(k => k.Recipient)]);

        Assert.Equal(6, keys.Length);
        Assert.All(keys, key => Assert.Equal(content, AgeFile.ParseArmored(armor).Open(key)));
        Assert.All(files, file => Assert.Contains(keys, key => File.ReadAllText($"{file}.pub").StartsWith($"{key.Recipient} ", StringComparison.Ordinal)));
        Assert.Null(AgeFile.ParseArmored(armor).Open(SshKey.Parse(File.ReadAllBytes(SopsCase.Key("ssh_rsa"))).Single()));
    }

    [Theory]
    [InlineData("ed25519")]
    [InlineData("rsa")]
    public async Task A_sops_file_whose_data_key_age_sealed_for_an_ssh_key_opens_from_each_place_for_one(string type)
    {
        var key = await SshAsync("key", "-t", type);
        var line = (await File.ReadAllTextAsync($"{key}.pub", TestContext.Current.CancellationToken)).Trim();
        var dataKey = RandomNumberGenerator.GetBytes(32);
        var armor = Encoding.ASCII.GetString(await SealAsync(dataKey, line));
        var path = folder.Write("prism.env", SopsWriter.Write([(line, _ => armor)], [KeyValuePair.Create("A", "secret")], dataKey: dataKey));
        using var descriptor = File.OpenHandle(key);
        File.Copy(key, Path.Combine(folder.Root, "age-key"));
        Directory.CreateDirectory(Path.Combine(folder.Root, ".ssh"));
        File.Copy(key, Path.Combine(folder.Root, ".ssh", $"id_{type}"));
        IdentitySources[] places =
        [
            new(descriptor, null, null, null), new(null, folder.Root, null, null), new(null, null, null, null) { SshKeyFile = key },
            new(null, null, null, null) { Home = folder.Root }, new(null, null, null, null) { SshKeyCommand = "cat key", Runner = new FakeCommands(folder.Root) },
        ];

        Assert.All(places, place => Assert.Equal([KeyValuePair.Create("A", "secret")], SecretFolder.Revealed(SecretFolder.Read(path, place))));
    }

    [Theory]
    [InlineData("is protected by a passphrase", "-t", "ed25519", "-N", "hush-hush")]
    [InlineData("is protected by a passphrase", "-t", "rsa", "-N", "hush-hush", "-m", "PEM")]
    [InlineData("is protected by a passphrase", "-t", "rsa", "-N", "hush-hush", "-m", "PKCS8")]
    [InlineData("is an ECDSA key", "-t", "ecdsa")]
    [InlineData("is an ECDSA key", "-t", "ecdsa", "-m", "PEM")]
    [InlineData("is an ECDSA key", "-t", "ecdsa", "-m", "PKCS8")]
    [InlineData("is an RSA key of 1024 bits", "-t", "rsa", "-b", "1024")]
    public async Task A_key_that_age_would_not_take_or_could_not_open_is_refused_by_name(string fault, params string[] arguments)
    {
        var key = await SshAsync("key", arguments);

        Assert.Contains(fault, Assert.Throws<FormatException>(() => SshKey.Parse(File.ReadAllBytes(key))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_written_here_for_each_kind_of_recipient_the_real_age_opens()
    {
        var (native, seed, content) = (SopsWriter.NewKey(), RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(32));
        using var rsa = RSA.Create(2048);
        var sealedFile = folder.Write("sealed", AgeWriter.Write(content, AgeWriter.X25519(native.Recipient), AgeWriter.Ed25519(seed), AgeWriter.Rsa(rsa.ExportParameters(false))));
        string[] keys = [folder.Write("native", native.Identity), folder.Write("ed", SshKeyWriter.Ed25519Key(seed)), folder.Write("rsa", SshKeyWriter.RsaKey(rsa.ExportParameters(true)))];

        foreach (var key in keys)
        {
            await RunAsync(Age, "-d", "-i", key, "-o", $"{folder.Root}/clear", sealedFile);
            Assert.Equal(content, await File.ReadAllBytesAsync($"{folder.Root}/clear", TestContext.Current.CancellationToken));
        }
    }

    public void Dispose() => folder.Dispose();

    private async Task<string> SshAsync(string name, params string[] arguments)
    {
        var path = Path.Combine(folder.Root, name);
        await RunAsync(SshKeygen, [.. arguments, .. arguments.Contains("-N") ? [] : (string[])["-N", ""], "-q", "-C", "somebody@somewhere", "-f", path]);
        return path;
    }

    private async Task<byte[]> SealAsync(byte[] content, params string[] recipients)
    {
        var clear = folder.Write("clear", content);
        await RunAsync(Age, ["-a", .. recipients.SelectMany(recipient => new[] { "-r", recipient }), "-o", $"{clear}.age", clear]);
        return await File.ReadAllBytesAsync($"{clear}.age", TestContext.Current.CancellationToken);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists(program), $"{program} is not installed (eng/install-missing)");
        var (exit, lines) = await Children.RunAsync(Programs.Spec(program, arguments));
        Assert.True(exit.Succeeded, string.Join('\n', lines));
    }
}
