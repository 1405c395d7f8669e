using System.Globalization;

namespace Prism.Supervisor.Configuration;

/// <summary>Reads `health.*`: nothing gets through that the probe could not send.</summary>
internal static class HealthReader
{
    // Set by the probe itself, or about a body or a connection that a probe has not.
    private static readonly HashSet<string> OfTheProbe = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Expect", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    };

    public static HealthOptions Read(Settings settings)
    {
        var path = settings.Text("health.path", "/");
        return new HealthOptions(
            Path: IsPath(path) ? path : settings.Fault($"health.path must start with / and hold no blanks and no #, not '{path}'", "/"),
            Host: ReadHost(settings),
            Headers: ReadHeaders(settings),
            AcceptedStatus: ReadAcceptedStatus(settings),
            Period: settings.Seconds("health.periodSeconds", 10, 0.05, 86400),
            StartPeriod: settings.Seconds("health.startPeriodSeconds", 0.05, 0.01, 60),
            Timeout: settings.Seconds("health.timeoutSeconds", 5, 0.05, 3600),
            FailureThreshold: settings.Whole("health.failureThreshold", 3, 1, 1000),
            SuccessThreshold: settings.Whole("health.successThreshold", 1, 1, 1000));
    }

    private static bool IsPath(string path) =>
        path.StartsWith('/') && !path.Any(letter => char.IsControl(letter) || letter is ' ' or '#') && Uri.TryCreate($"http://prism{path}", UriKind.Absolute, out _);

    private static string? ReadHost(Settings settings)
    {
        var host = settings.OptionalText("health.host");
        if (host?.All(char.IsAscii) == false)
        {
            return settings.Fault($"health.host must be written in punycode (xn--…), not '{host}'", host);
        }

        return host is null || HostName.IsHost(host) ? host : settings.Fault($"health.host must be a host name such as prism.example, 127.0.0.1:8000 or [::1], not '{host}'", host);
    }

    private static IReadOnlyDictionary<string, string> ReadHeaders(Settings settings)
    {
        var headers = settings.Map("health.headers");
        foreach (var (name, value) in headers)
        {
            var reason = true switch
            {
                _ when name.Length == 0 || !name.All(IsOfToken) => "is no header a request can carry (RFC 9110, 5.1)",
                _ when string.Equals(name, "Host", StringComparison.OrdinalIgnoreCase) => "is set with health.host",
                _ when OfTheProbe.Contains(name) || !IsOfRequest(name) => "is no header that a probe can carry: it is about a connection or a body",
                _ when value.Any(letter => char.IsControl(letter) || !char.IsAscii(letter)) => "is no header a request can carry: its value must be printable ASCII (RFC 9110, 5.5)",
                _ => null,
            };
            if (reason is not null)
            {
                _ = settings.Fault($"health.headers.{name} {reason}", "");
            }
        }

        return headers;
    }

    private static bool IsOfToken(char letter) => char.IsAsciiLetterOrDigit(letter) || "!#$%&'*+-.^_`|~".Contains(letter, StringComparison.Ordinal);

    /// <summary>Content-Type and its like belong to a body.</summary>
    private static bool IsOfRequest(string header)
    {
        using var request = new HttpRequestMessage();
        return request.Headers.TryAddWithoutValidation(header, "");
    }

    private static List<StatusRange> ReadAcceptedStatus(Settings settings)
    {
        var ranges = new List<StatusRange>();
        foreach (var text in settings.Text("health.acceptedStatus", "200-399").Split(',', StringSplitOptions.TrimEntries))
        {
            var bounds = text.Split('-');
            if (bounds.Length <= 2 && TryStatus(bounds[0], out var first) && TryStatus(bounds[^1], out var last) && first <= last)
            {
                ranges.Add(new StatusRange(first, last));
            }
            else
            {
                _ = settings.Fault($"health.acceptedStatus must be status codes and ranges such as 200-399,404, not '{text}'", 0);
            }
        }

        return ranges;
    }

    private static bool TryStatus(string text, out int status) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out status) && status is >= 100 and <= 599;
}
