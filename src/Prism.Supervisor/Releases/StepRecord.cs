using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Prism.Supervisor.Interop;
using Prism.Supervisor.Secrets;

namespace Prism.Supervisor.Releases;

/// <summary>The last success of one step, in the state directory: whole and on the disk, or not there. Never fails: what cannot be read, or is not what we wrote, is no success.</summary>
internal sealed class StepRecord(string stateDirectory, string step, ILogger log)
{
    private const int Version = 1;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int OthersMayWrite = 0b000_010_010;

    public string File => Path.Combine(stateDirectory, $".prism-{step}");

    private string Fresh => $"{File}.new";

    public StepSuccess? Read()
    {
        try
        {
            var (bytes, status) = SmallFile.Read(File, File);
            if (status.Owner != UserIds.Effective || (status.Mode & OthersMayWrite) != 0)
            {
                log.RecordPassedOver(step, "it is not this user's own");
                return null;
            }

            using var document = JsonDocument.Parse(bytes);
            return Parse(document.RootElement);
        }
        catch (StartupException fault)
        {
            log.RecordPassedOver(step, fault.Message);
            return null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            log.RecordPassedOver(step, "it is damaged");
            return null;
        }
    }

    /// <summary>To be called before the step changes anything: whatever ends it, nothing claims that it succeeded.</summary>
    public void Forget()
    {
        try
        {
            System.IO.File.Delete(File);
            System.IO.File.Delete(Fresh);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            log.RecordNotRemoved(File, fault.Message, step);
        }
    }

    public void Keep(StepSuccess success)
    {
        try
        {
            System.IO.File.Delete(Fresh);
            using (var stream = new FileStream(Fresh, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
            {
                Write(stream, success);
                stream.Flush(flushToDisk: true);
            }

            System.IO.File.Move(Fresh, File, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            log.RecordNotKept(fault.Message, step);
        }
    }

    private StepSuccess? Parse(JsonElement root)
    {
        var (fingerprint, database) = (root.GetProperty("fingerprint").GetString(), root.GetProperty("database").GetString());
        if (root.GetProperty("version").GetInt32() == Version && root.GetProperty("step").GetString() == step && Digest.IsOne(fingerprint) && Digest.IsOne(database))
        {
            return new StepSuccess(fingerprint!, database!, root.GetProperty("succeeded").GetDateTimeOffset());
        }

        log.RecordPassedOver(step, "it is of another version, or damaged");
        return null;
    }

    private void Write(Stream stream, StepSuccess success)
    {
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteNumber("version", Version);
        json.WriteString("step", step);
        json.WriteString("succeeded", success.At.ToString("O", CultureInfo.InvariantCulture));
        json.WriteString("fingerprint", success.Fingerprint);
        json.WriteString("database", success.Database);
        json.WriteEndObject();
    }
}
