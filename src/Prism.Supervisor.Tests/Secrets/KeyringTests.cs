using System.Text;
using Prism.Supervisor.Secrets;
using Prism.Supervisor.Secrets.Age;
using Prism.Supervisor.Tests.Fixtures;

namespace Prism.Supervisor.Tests.Secrets;

public sealed class KeyringTests : IDisposable
{
    private readonly SecretFolder folder = new();

    [Fact]
    public void Every_place_gives_its_key_age_keys_before_ssh_keys_and_each_in_the_order_of_sops()
    {
        var keys = Enumerable.Range(0, 7).Select(_ => SopsWriter.NewKey()).ToList();
        Directory.CreateDirectory(Path.Combine(folder.Root, ".ssh"));
        Directory.CreateDirectory(Path.Combine(folder.Root, ".config/sops/age"));
        using var descriptor = File.OpenHandle(folder.Write("descriptor", keys[0].Identity));
        folder.Write("age-key", keys[1].Identity);
        var ssh = Enumerable.Range(0, 3).Select(i => (byte[])[(byte)i, .. new byte[31]]).Select(seed => SshKeyWriter.Ed25519Key(seed)).ToList();
        var sources = new IdentitySources(descriptor, folder.Root, folder.Write("file", keys[3].Identity), keys[2].Identity)
        {
            SshKeyFile = folder.Write("ssh", ssh[0]),
            SshKeyCommand = "cat ssh-command",
            KeyCommand = "cat 'key-command'",
            Home = folder.Root,
            Runner = new FakeCommands(folder.Root),
        };
        folder.Write("ssh-command", ssh[1]);
        folder.Write("key-command", keys[4].Identity);
        folder.Write(".ssh/id_ed25519", ssh[2]);
        File.Copy(SopsCase.Key("ssh_rsa"), Path.Combine(folder.Root, ".ssh/id_rsa"));
        folder.Write(".config/sops/age/keys.txt", $"# two\n{keys[5].Identity}\n{keys[6].Identity}\n");

        using var ring = Keyring.Gather(sources);

        string[] sshPlaces = [$"SOPS_AGE_SSH_PRIVATE_KEY_FILE {folder.Root}/ssh", "SOPS_AGE_SSH_PRIVATE_KEY_CMD (cat)", $"{folder.Root}/.ssh/id_ed25519"];
        string[] agePlaces = ["SOPS_AGE_KEY", $"SOPS_AGE_KEY_FILE {folder.Root}/file", "SOPS_AGE_KEY_CMD (cat)", $"{folder.Root}/.config/sops/age/keys.txt", $"{folder.Root}/.config/sops/age/keys.txt"];
        Assert.Equal(["descriptor age-key", "credential age-key", .. sshPlaces, .. agePlaces, .. sshPlaces, $"{folder.Root}/.ssh/id_rsa"], ring.Keys.Select(k => k.Source));
        Assert.Equal(keys.Select(k => k.Recipient), ring.Keys.Where(k => k.Identity.IsNative && !sshPlaces.Contains(k.Source)).Select(k => k.Identity.Recipient));
        Assert.Empty(ring.Faults.Concat(ring.DefaultFaults));
        Assert.DoesNotContain("descriptor age-key", ring.Exposed);
        Assert.Equal(ring.Keys.Select(k => (k.Source, k.Identity.Recipient, k.Source != "descriptor age-key")), ring.Findings().Select(f => (f.Source, f.Recipient, f.Exposed)));
    }

    [Fact]
    public void For_a_service_nothing_of_a_home_folder_is_read_and_no_command_run()
    {
        var environment = new Dictionary<string, string>
        {
            ["HOME"] = Path.GetFullPath(Path.Combine(SopsCase.Key("."), "..", "home")),
            ["XDG_CONFIG_HOME"] = Path.GetFullPath(Path.Combine(SopsCase.Key("."), "..", "xdg")),
            ["SOPS_AGE_KEY_CMD"] = "cat bob.txt",
            ["SOPS_AGE_SSH_PRIVATE_KEY_CMD"] = "cat ssh_rsa",
            ["SOPS_AGE_SSH_PRIVATE_KEY_FILE"] = SopsCase.Key("ssh_rsa"),
        };
        var commands = new FakeCommands(SopsCase.Key("."));

        using var service = Keyring.Gather(IdentitySources.ForService(environment, null) with { Care = FileCare.ForPerson });
        using var person = Keyring.Gather(IdentitySources.LikeSops(environment, null, commands));

        Assert.Equal([$"SOPS_AGE_SSH_PRIVATE_KEY_FILE {SopsCase.Key("ssh_rsa")}"], service.Keys.Select(k => k.Source));
        Assert.Equal(["cat ssh_rsa", "cat bob.txt"], commands.Asked.Select(asked => string.Join(' ', asked.Command)));
        Assert.All(commands.Asked, asked => Assert.Same(environment, asked.Environment));
        Assert.Equal(3, person.Keys.Count);
        Assert.Contains(person.Keys, k => k.Source.EndsWith("/xdg/sops/age/keys.txt", StringComparison.Ordinal));
    }

    [Fact]
    public void The_keys_of_the_home_folder_are_found_without_XDG_CONFIG_HOME()
    {
        var home = Path.GetFullPath(Path.Combine(SopsCase.Key("."), "..", "home"));

        using var ring = Keyring.Gather(IdentitySources.LikeSops(new Dictionary<string, string> { ["HOME"] = home }, null, new FakeCommands("/")));

        Assert.Equal($"{home}/.config/sops/age/keys.txt", ring.Keys.Single().Source);
    }

    [Fact]
    public void A_persons_own_keys_are_where_they_belong_and_a_services_are_not()
    {
        var key = SopsWriter.NewKey();
        Directory.CreateDirectory(Path.Combine(folder.Root, ".config/sops/age"));
        var own = folder.Write(".config/sops/age/keys.txt", key.Identity);
        var (named, home) = (new IdentitySources(null, null, own, null), new IdentitySources(null, null, null, null) { Home = folder.Root });
        IdentitySources[] all = [home, home with { Care = FileCare.ForService }, named, named with { Care = FileCare.ForService }];
        var file = folder.Write("a.env", SopsWriter.Write(key.Recipient, [KeyValuePair.Create("A", "x")]));

        var warnings = all.Select(sources => SecretFolder.Read(file, sources).Warnings.Count(w => w.Contains("readable by every process of this user", StringComparison.Ordinal)));

        Assert.Equal([0, 1, 1, 1], warnings);
    }

    [Fact]
    public void A_key_found_twice_is_one_with_both_places_and_exposed_if_one_of_them_is()
    {
        var key = SopsWriter.NewKey();
        var file = folder.Write("key", key.Identity);
        using var descriptor = File.OpenHandle(file);

        using var ring = Keyring.Gather(new(descriptor, null, file, $"{key.Identity} {key.Identity}"));

        Assert.Equal(new IdentityFinding($"descriptor age-key and SOPS_AGE_KEY and SOPS_AGE_KEY_FILE {file}", key.Recipient, Exposed: true), ring.Findings().Single());
        Assert.Equal("descriptor age-key", ring.Keys.Single().Source);
    }

    [Fact]
    public void A_descriptor_and_a_credential_may_hold_an_ssh_key_with_its_conversion()
    {
        File.Copy(SopsCase.Key("ssh_ed25519"), Path.Combine(folder.Root, "age-key"));
        using var descriptor = File.OpenHandle(SopsCase.Key("ssh_rsa"));

        using var ring = Keyring.Gather(new(descriptor, folder.Root, null, null));

        Assert.Equal(["credential age-key", "descriptor age-key", "credential age-key"], ring.Keys.Select(k => k.Source));
        Assert.Equal("age1ahazj2qm9cgcyxh8dwtj66lsdz5n4y9xcn3h2kq0rn6tynt8vuwq9a3pc2", ring.Keys[0].Identity.Recipient);
        Assert.Empty(ring.Faults);
    }

    [Fact]
    public void An_encrypted_key_file_behind_the_descriptor_is_no_ssh_key()
    {
        using var descriptor = File.OpenHandle(folder.Write("key", "-----BEGIN AGE ENCRYPTED FILE-----\n"));

        using var ring = Keyring.Gather(new(descriptor, null, null, null));

        Assert.StartsWith("descriptor age-key is encrypted with a passphrase", ring.Faults.Single(), StringComparison.Ordinal);
        Assert.True(ring.NeedsExternalSops);
    }

    [Fact]
    public void A_key_of_another_kind_beside_a_good_one_is_named_and_stops_nothing()
    {
        var (key, plugin) = (SopsWriter.NewKey(), Bech32.Encode("age-plugin-yubikey-"u8, [1, 2, 3]).ToUpperInvariant());

        using var both = Keyring.Gather(new(null, null, null, $"{plugin} {key.Identity}"));
        using var alone = Keyring.Gather(new(null, null, null, plugin));

        Assert.Equal(key.Recipient, both.Keys.Single().Identity.Recipient);
        Assert.Equal(["SOPS_AGE_KEY"], both.Exposed);
        Assert.Empty(alone.Exposed);
        Assert.All([both, alone], ring =>
        {
            Assert.StartsWith("SOPS_AGE_KEY line 1 is the key of an age plugin, which is not supported", ring.Faults.Single(), StringComparison.Ordinal);
            Assert.True(ring.NeedsExternalSops);
        });
    }

    [Fact]
    public void A_fault_in_one_place_stops_no_other_and_one_in_a_default_place_is_told_apart()
    {
        var key = SopsWriter.NewKey();
        Directory.CreateDirectory(Path.Combine(folder.Root, ".ssh/id_rsa"));
        File.Copy(SopsCase.Key("ssh_ed25519_locked"), Path.Combine(folder.Root, ".ssh/id_ed25519"));
        var sources = new IdentitySources(null, null, "/nowhere/key", key.Identity)
        {
            SshKeyFile = SopsCase.Key("ssh_ed25519.pub"),
            SshKeyCommand = "TOKEN=hush cat 'x",
            KeyCommand = "false --password hush",
            Home = folder.Root,
            ConfigHome = "relative",
            Runner = new FakeCommands("/"),
        };

        using var ring = Keyring.Gather(sources);

        Assert.Equal(key.Recipient, ring.Keys.Single().Identity.Recipient);
        Assert.Equal(
            [
                $"SOPS_AGE_SSH_PRIVATE_KEY_FILE {sources.SshKeyFile} is an ssh public key; give the private one, whose file has the same name without .pub",
                "SOPS_AGE_SSH_PRIVATE_KEY_CMD has a single quote that is not closed; it is split into words like a shell's, but no shell runs it",
                "SOPS_AGE_KEY_FILE /nowhere/key does not exist",
                "SOPS_AGE_KEY_CMD (false) exited with status 1",
            ],
            ring.Faults);
        Assert.Equal(3, ring.DefaultFaults.Count);
        Assert.StartsWith($"{folder.Root}/.ssh/id_ed25519 is protected by a passphrase", ring.DefaultFaults[0], StringComparison.Ordinal);
        Assert.StartsWith($"{folder.Root}/.ssh/id_rsa is ", ring.DefaultFaults[1], StringComparison.Ordinal);
        Assert.Equal("XDG_CONFIG_HOME is no absolute path, and so not used", ring.DefaultFaults[2]);
        Assert.DoesNotContain(ring.Faults.Concat(ring.DefaultFaults), fault => fault.Contains("hush", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("TOKEN=hush cat x", "SOPS_AGE_KEY_CMD (TOKEN) exited with status 1")]
    [InlineData("/usr/local/bin/get-key --token hush", "SOPS_AGE_KEY_CMD (get-key) exited with status 1")]
    [InlineData("# nothing", "SOPS_AGE_KEY_CMD is set and names no program")]
    public void Of_a_command_only_the_name_of_the_program_is_told(string command, string fault)
    {
        using var ring = Keyring.Gather(new(null, null, null, null) { KeyCommand = command, Runner = new FakeCommands("/") });

        Assert.Equal([fault], ring.Faults);
    }

    /// <summary>A locked key that nobody named is none of the file's business.</summary>
    [Fact]
    public void An_ssh_key_behind_a_passphrase_is_one_for_an_external_sops_if_it_was_named()
    {
        Directory.CreateDirectory(Path.Combine(folder.Root, ".ssh"));
        File.Copy(SopsCase.Key("ssh_ed25519_locked"), Path.Combine(folder.Root, ".ssh/id_ed25519"));

        using var named = Keyring.Gather(new(null, null, null, null) { SshKeyFile = SopsCase.Key("ssh_ed25519_locked") });
        using var found = Keyring.Gather(new(null, null, null, null) { Home = folder.Root });

        Assert.Equal((true, false), (named.NeedsExternalSops, found.NeedsExternalSops));
    }

    /// <summary>As sops does since 3.12: the command may have another key for each recipient, and none for some.</summary>
    [Fact]
    public void A_command_is_told_whose_key_is_wanted_until_it_gives_one_of_each_group()
    {
        var keys = Enumerable.Range(0, 4).Select(_ => SopsWriter.NewKey()).ToList();
        var (lookup, always) = (new Lookup(keys.Skip(1)), new FakeCommands(folder.Root));
        string[][] wanted = [[keys[0].Recipient, keys[1].Recipient, keys[2].Recipient], [keys[3].Recipient]];
        folder.Write("key", keys[0].Identity);

        using var found = Keyring.Gather(new(null, null, null, null) { KeyCommand = "lookup", Runner = lookup, Wanted = wanted });
        using var same = Keyring.Gather(new(null, null, null, null) { KeyCommand = "cat key", Runner = always, Wanted = wanted[..1] });
        using var none = Keyring.Gather(new(null, null, null, null) { KeyCommand = "false", Runner = always, Wanted = wanted });

        Assert.Equal([keys[0].Recipient, keys[1].Recipient, keys[3].Recipient], lookup.Asked);
        Assert.Equal([keys[1].Recipient, keys[3].Recipient], found.Keys.Select(key => key.Identity.Recipient));
        Assert.Empty(found.Faults);
        Assert.Equal(["SOPS_AGE_KEY_CMD (lookup)"], found.Exposed);
        Assert.Equal(keys[0].Recipient, same.Keys.Single().Identity.Recipient);
        Assert.Equal(1 + 4, always.Asked.Count);
        Assert.Equal(["SOPS_AGE_KEY_CMD (false) exited with status 1"], none.Faults);
    }

    [Fact]
    public void A_command_is_told_the_recipients_of_the_file_that_is_read()
    {
        var key = SopsWriter.NewKey();
        var file = folder.Write("a.env", SopsWriter.Write(key.Recipient, [KeyValuePair.Create("A", "x")]));

        var reading = SecretFolder.Read(file, new(null, null, null, null) { KeyCommand = "lookup", Runner = new Lookup([key]) });

        Assert.EndsWith("opened by the age key of SOPS_AGE_KEY_CMD (lookup)", reading.Opened, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_key_a_person_is_told_of_all_places_that_were_looked_at()
    {
        var file = folder.Write("a.env", SopsWriter.Write(SopsWriter.NewKey().Recipient, [KeyValuePair.Create("A", "x")]));
        var nothing = new Dictionary<string, string>();

        Assert.Contains("(…_CMD), .ssh/id_ed25519", SecretFolder.Refusal(() => SecretFolder.Read(file, IdentitySources.LikeSops(nothing, null, new FakeCommands("/")))), StringComparison.Ordinal);
        Assert.DoesNotContain("_CMD", SecretFolder.Refusal(() => SecretFolder.Read(file, IdentitySources.ForService(nothing, null))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_fault_in_a_default_place_is_told_when_nothing_opens()
    {
        Directory.CreateDirectory(Path.Combine(folder.Root, ".ssh"));
        File.Copy(SopsCase.Key("ssh_ed25519_locked"), Path.Combine(folder.Root, ".ssh/id_ed25519"));
        var (right, wrong) = (SopsWriter.NewKey(), SopsWriter.NewKey());
        var file = folder.Write("a.env", SopsWriter.Write(right.Recipient, [KeyValuePair.Create("A", "x")]));

        var reading = SecretFolder.Read(file, new(null, null, null, right.Identity) { Home = folder.Root });
        var refusals = new[] { wrong.Identity, null }.Select(key => SecretFolder.Refusal(() => SecretFolder.Read(file, new(null, null, null, key) { Home = folder.Root })));

        Assert.DoesNotContain(reading.Warnings, w => w.Contains("passphrase", StringComparison.Ordinal));
        Assert.All(refusals, refusal => Assert.Contains(".ssh/id_ed25519 is protected by a passphrase", refusal, StringComparison.Ordinal));
    }

    /// <summary>The bytes of a file or command are wiped once they are parsed; what a place keeps is only its identity.</summary>
    [Fact]
    public void What_a_command_printed_is_wiped()
    {
        var text = Encoding.ASCII.GetBytes(SopsWriter.NewKey().Identity);

        using var ring = Keyring.Gather(new(null, null, null, null) { KeyCommand = "print", Runner = new Printing(text) });

        Assert.Single(ring.Keys);
        Assert.All(text, b => Assert.Equal(0, b));
    }

    public void Dispose() => folder.Dispose();

    /// <summary>Has a key for some recipients, and prints the one that is asked for.</summary>
    private sealed class Lookup(IEnumerable<(string Identity, string Recipient)> keys) : ICommandRunner
    {
        public List<string> Asked { get; } = [];

        public byte[] Run(string what, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, byte[]? key)
        {
            Asked.Add(environment["SOPS_AGE_RECIPIENT"]);
            return keys.FirstOrDefault(one => one.Recipient == Asked[^1]).Identity is { } identity
                ? Encoding.ASCII.GetBytes(identity)
                : throw new StartupException(ExitCode.TryAgain, $"{what}: lookup exited with code 1");
        }
    }

    private sealed class Printing(byte[] text) : ICommandRunner
    {
        public byte[] Run(string what, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, byte[]? key) => text;
    }
}
