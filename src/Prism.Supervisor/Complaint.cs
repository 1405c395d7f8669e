using System.Text;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor;

/// <summary>Lines on descriptor 2, past .NET's console: that would switch the terminal to another mode of its cursor keys (terminfo(5), smkx), and leave it so to the command that we become.</summary>
internal static class Complaint
{
    public static void Say(string line) => Descriptors.Write(2, Encoding.UTF8.GetBytes($"prism-supervisor: {line}\n"));
}
