using System.Globalization;

namespace Prism.Supervisor.Migrations;

/// <summary>Who has the lock that migrate waits for, or stands before it in the queue (pg_blocking_pids), as far as the site's role may see it.</summary>
/// <param name="Backend">PostgreSQL's process; 0: a prepared transaction.</param>
/// <param name="Kind">What PostgreSQL calls a process of that sort; null: not for us to see.</param>
/// <param name="State">What it does; null: not for us to see.</param>
/// <param name="Open">For how many seconds its transaction has been open.</param>
internal sealed record Blocker(int Backend, string? Name, string? Kind, string? State, string? Address, double? Open)
{
    public override string ToString()
    {
        if (Backend == 0)
        {
            return "a prepared transaction (pg_prepared_xacts)";
        }

        var name = Name is { Length: > 0 } ? $"'{BackendName.Printable(Name)}'" : Kind is null or "client backend" ? "a connection without a name" : $"{Kind}";
        string[] known =
        [
            string.Create(CultureInfo.InvariantCulture, $"PostgreSQL's process {Backend}"),
            .. Address is null ? (string[])[] : [$"from {Address}"],
            .. State is { Length: > 0 } ? (string[])[State] : [],
            .. Open is { } seconds ? (string[])[string.Create(CultureInfo.InvariantCulture, $"its transaction open for {seconds:0} s")] : [],
        ];
        return $"{name} ({string.Join(", ", known)})";
    }
}
