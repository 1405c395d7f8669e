namespace Prism.Supervisor.Tests.Host;

/// <summary>This machine cannot boot a test host; the message says why. Such tests are skipped, not failed.</summary>
internal sealed class TestHostUnavailableException(string message) : Exception(message);
