using System.Text;
using System.Text.Json;
using Prism.Supervisor.Interop;

namespace Prism.Supervisor.Configuration;

/// <summary>The JSON file: a regular file of bounded size that holds one object, or one line that says what it is instead.</summary>
internal static class ConfigurationFile
{
    // A configuration is a page or two; a larger file is not one.
    private const int LargestFile = 1024 * 1024;

    public static JsonDocument Read(string file)
    {
        var name = OneLine.Of(file);
        if (file.Length == 0)
        {
            throw Refuse("--config names no file: give its path, or leave the option out");
        }

        if (Directory.Exists(file))
        {
            throw Refuse($"{name}: is a directory: name the file in it with --config");
        }

        return Descriptors.IsSpecial(file)
            ? throw Refuse($"{name}: is no regular file: name another with --config")
            : Parse(name, ReadBytes(file, name));
    }

    private static ReadOnlyMemory<byte> ReadBytes(string file, string name)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            var buffer = new byte[LargestFile + 1];
            var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length <= LargestFile
                ? buffer.AsMemory(0, length)
                : throw Refuse($"{name}: larger than {LargestFile} bytes: not a configuration");
        }
        catch (UnauthorizedAccessException fault)
        {
            throw new StartupException(ExitCode.NoPermission, $"{name}: may not be read: let the service's user read it", fault);
        }
        catch (IOException fault)
        {
            var reason = fault is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : "cannot be read";
            throw Refuse($"{name}: {reason}: name another with --config", fault);
        }
    }

    private static JsonDocument Parse(string name, ReadOnlyMemory<byte> bytes)
    {
        var text = bytes.Span.StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes;
        try
        {
            if (JsonFaults.Find(text.Span) is { Count: > 0 } faults)
            {
                throw Refuse($"{name}: {OneLine.Of(faults)}");
            }

            var document = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            throw Refuse($"{name}: must hold one JSON object");
        }
        catch (JsonException fault)
        {
            throw Refuse($"{name}: no JSON: line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1}: mend it, or compare with docs/configuration.md", fault);
        }
    }

    private static StartupException Refuse(string line, Exception? cause = null) => new(ExitCode.Configuration, line, cause);
}
