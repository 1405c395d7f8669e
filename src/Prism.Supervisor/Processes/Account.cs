using System.ComponentModel;
using System.Globalization;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Processes;

/// <summary>A user as the host knows it, with the groups a process of it has (initgroups(3)).</summary>
internal sealed record Account(string Name, uint User, uint Group, IReadOnlyList<uint> Groups, string Home, string Shell)
{
    private static readonly string[] NoShells = ["nologin", "false", "true"];

    public static bool IsRoot => UserIds.Effective == 0;

    /// <summary>Whether it is what this process runs as.</summary>
    public bool IsCaller => User == UserIds.Effective;

    public static Account OfCaller() => Find(UserIds.Effective.ToString(CultureInfo.InvariantCulture), "", [], "the kernel");

    /// <summary>By name or number, as User= and Group= take them; <paramref name="where"/> says who named it.</summary>
    public static Account Find(string user, string group, IReadOnlyList<string> supplementary, string where)
    {
        var found = (TryNumber(user, out var number) ? Accounts.Find(number) : Accounts.Find(user))
            ?? (TryNumber(user, out number) ? (user, number, number, "", "") : throw Missing($"there is no user {user}", where));
        var main = group.Length == 0 ? found.Group : GroupNumber(group, where);
        return new Account(
            found.Name, found.User, main, [.. Accounts.GroupsOf(found.Name, main).Concat(supplementary.Select(name => GroupNumber(name, where))).Distinct()], found.Home, found.Shell);
    }

    /// <summary>USER, LOGNAME, HOME and SHELL as systemd sets them: a home of / and a shell that lets nobody in are left out (src/core/exec-invoke.c: build_environment; USER_CREDS_CLEAN).</summary>
    public IEnumerable<KeyValuePair<string, string>> Login(bool setsAll)
    {
        yield return new("USER", Name);
        if (!setsAll)
        {
            yield break;
        }

        yield return new("LOGNAME", Name);
        if (Home.StartsWith('/') && Home.Any(letter => letter != '/'))
        {
            yield return new("HOME", Home);
        }

        if (Shell.Length > 0 && !NoShells.Contains(Path.GetFileName(Shell)))
        {
            yield return new("SHELL", Shell);
        }
    }

    /// <summary>Gives up root for good; afterwards this process is as closed to others as before.</summary>
    public void Become()
    {
        try
        {
            UserIds.Become(User, Group, [.. Groups]);
            ProcessCalls.ForbidDumps();
        }
        catch (Win32Exception fault)
        {
            throw new StartupException(ExitCode.NoPermission, $"user {Name} cannot be become ({fault.Message}): run this as root, in no sandbox that forbids it", fault);
        }
    }

    private static uint GroupNumber(string group, string where) =>
        TryNumber(group, out var number) ? number : Accounts.FindGroup(group) ?? throw Missing($"there is no group {group}", where);

    private static bool TryNumber(string text, out uint number) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number != uint.MaxValue;

    private static StartupException Missing(string what, string where) => new(ExitCode.Configuration, $"{what}, which {where} names: create it, or name another with --user");
}
