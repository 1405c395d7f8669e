using System.ComponentModel;
using System.Globalization;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Systemd;

/// <summary>systemd over D-Bus (org.freedesktop.systemd1(5)): objects, and properties of exactly the type that was asked for. Whatever is wrong with the bus or the answer is one <see cref="StartupException"/>.</summary>
internal sealed class ServiceManager : IDisposable
{
    public const string ManagerPath = "/org/freedesktop/systemd1";
    public const string ManagerFace = "org.freedesktop.systemd1.Manager";
    public const string UnitFace = "org.freedesktop.systemd1.Unit";
    public const string ServiceFace = "org.freedesktop.systemd1.Service";

    private const string Destination = "org.freedesktop.systemd1";
    private const string Properties = "org.freedesktop.DBus.Properties";
    private const string WithoutBus = "name what is needed with --config, --secrets and --user instead";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SystemBus bus;

    private ServiceManager(SystemBus bus) => this.bus = bus;

    public static ServiceManager Connect() => Connect(Patience);

    public static ServiceManager Connect(TimeSpan patience)
    {
        try
        {
            return new ServiceManager(SystemBus.Open(patience));
        }
        catch (DllNotFoundException fault)
        {
            throw new StartupException(ExitCode.Configuration, $"systemd cannot be asked: there is no libsystemd.so.0; install it, or {WithoutBus}", fault);
        }
        catch (Win32Exception fault)
        {
            throw Cannot("asked over D-Bus", fault, $"start the system bus, or {WithoutBus}");
        }
    }

    /// <summary>The object of a unit, which is loaded when it was not; that there is such a unit, its LoadState says.</summary>
    public string UnitPath(string name) => Call(ManagerPath, ManagerFace, "LoadUnit", $"unit {name}", answer => answer.ObjectPath(), name);

    public string Text(string path, string face, string name) => Get(path, face, name, "s", answer => answer.Text());

    public bool Flag(string path, string face, string name) => Get(path, face, name, "b", answer => answer.Flag());

    public uint Number32(string path, string face, string name) => Get(path, face, name, "u", answer => answer.Number32());

    public List<string> Texts(string path, string face, string name) => Elements(path, face, name, "s", answer => answer.Text());

    /// <summary>A property that is a list of what <paramref name="signature"/> says.</summary>
    public List<T> Elements<T>(string path, string face, string name, string signature, Func<BusMessage, T> read) =>
        Get(path, face, name, $"a{signature}", answer => answer.Elements(signature, read));

    /// <summary>A property that older managers do not have; then null.</summary>
    public static T? Optional<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (StartupException fault) when (fault.InnerException is Win32Exception { NativeErrorCode: Errno.UnknownToBus })
        {
            return null;
        }
    }

    /// <summary>What a method answers.</summary>
    public T Call<T>(string path, string face, string member, string what, Func<BusMessage, T> read, params ReadOnlySpan<string> arguments)
    {
        BusMessage answer;
        try
        {
            answer = bus.Call(Destination, path, face, member, arguments);
        }
        catch (Win32Exception fault)
        {
            throw Cannot($"asked for {what} over D-Bus", fault, "look at systemctl status, or wait and try again");
        }

        using (answer)
        {
            try
            {
                return read(answer);
            }
            catch (Win32Exception fault)
            {
                throw new StartupException(ExitCode.Internal, $"what systemd answers about {what} is not understood ({fault.Message}): this systemd is not one that prism-supervisor knows", fault);
            }
        }
    }

    public void Dispose() => bus.Dispose();

    private static StartupException Cannot(string asked, Win32Exception fault, string remedy) => new(
        fault.NativeErrorCode switch
        {
            Errno.AccessDenied or Errno.NotPermitted => ExitCode.NoPermission,
            Errno.Invalid => ExitCode.Configuration,
            _ => ExitCode.TryAgain,
        },
        string.Create(CultureInfo.InvariantCulture, $"systemd cannot be {asked}: {fault.Message}; {remedy}"),
        fault);

    private T Get<T>(string path, string face, string name, string signature, Func<BusMessage, T> read) =>
        Call(path, Properties, "Get", name, answer => answer.Inside('v', signature, read), face, name);
}
