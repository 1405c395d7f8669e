using System.Globalization;

namespace Prism.Supervisor.Migrations;

/// <summary>Who holds the migration lock, as far as the site's role may see it.</summary>
/// <param name="Backend">PostgreSQL's process.</param>
/// <param name="Address">Null: over a unix socket, or not for us to see.</param>
/// <param name="Connected">For how many seconds.</param>
/// <param name="Quiet">How many seconds ago it was last heard of.</param>
internal sealed record LockHolder(int Backend, string Name, string? Address, double? Connected, double? Quiet)
{
    // It says something every second; a host that hangs, or a process that was stopped, does not.
    private const double LongestSilence = 15;

    public bool IsAlive => Quiet < LongestSilence;

    public override string ToString()
    {
        if (BackendName.Supervisor(Name) is { } supervisor)
        {
            return Address is null ? supervisor : $"{supervisor} (from {Address})";
        }

        var name = Name.Length == 0 ? "a connection" : $"'{BackendName.Printable(Name)}'";
        var since = Connected is { } seconds ? string.Create(CultureInfo.InvariantCulture, $", connected for {seconds:0} s") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{name} (PostgreSQL's process {Backend}{(Address is null ? "" : $", from {Address}")}{since})");
    }
}
