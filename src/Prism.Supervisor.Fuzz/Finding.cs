namespace Prism.Supervisor.Fuzz;

/// <summary>Something that ought to hold does not: what a target throws when the reader itself did not.</summary>
internal sealed class Finding(string message) : Exception(message)
{
    public static void Unless(bool holds, string message)
    {
        if (!holds)
        {
            throw new Finding(message);
        }
    }
}
