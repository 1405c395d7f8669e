using Prism.Supervisor.Tests.Support;

namespace Prism.Supervisor.Tests.Commands;

/// <summary>The tab key, in the bash that operators have.</summary>
[Trait("ring", "process")]
public sealed class CompletionTests : IDisposable
{
    private const int HangGuard = 300_000;

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory(Timeout = HangGuard)]
    [InlineData("e", "exec")]
    [InlineData("rel", "reload")]
    [InlineData("reload --w", "--wait")]
    [InlineData("reload --wait --run", "--runtime-directory")]
    [InlineData("reload --runtime-directory runt", "runtime")]
    [InlineData("reload --runtime-directory = runt", "runtime")]
    [InlineData("run --conf", "--config")]
    [InlineData("run --config pri", "prism.json")]
    [InlineData("run -c pri", "prism.json")]
    [InlineData("run --halt", "")]
    [InlineData("exec --secrets pri", "prism.json")]
    [InlineData("exec --secrets = pri", "prism.json")]
    [InlineData("exec --dialect ", "sops systemd")]
    [InlineData("exec --dialect = ", "sops systemd")]
    [InlineData("exec --dialect = so", "sops")]
    [InlineData("exec --unauthenticated a", "allow")]
    [InlineData("exec --user nobod", "nobody")]
    [InlineData("exec --pass COMP_TEST_VAR", "COMP_TEST_VARIABLE")]
    [InlineData("exec --secrets x --una", "--unauthenticated")]
    [InlineData("exec comp-test-comm", "comp-test-command")]
    [InlineData("exec -- comp-test-comm", "comp-test-command")]
    [InlineData("exec --secrets x --dialect = sops -- comp-test-comm", "comp-test-command")]
    [InlineData("exec -- ls pri", "prism.json")]
    [InlineData("exec ls --config pri", "prism.json")]
    [InlineData("exec -- ls --una", "")]
    public async Task What_may_come_next_is_offered(string typed, string offered)
    {
        // The words as readline splits them: = is one of its own, and the line is as it was typed.
        const string press = """
            . "$0"; supervisor=$1; shift
            COMP_WORDS=("$supervisor" "$@"); COMP_CWORD=$#; COMP_LINE="$*"; COMP_LINE="$supervisor ${COMP_LINE// = /=}"; COMP_POINT=${#COMP_LINE}
            _prism_supervisor; echo "${COMPREPLY[*]}"
            """;
        Assert.SkipUnless(File.Exists("/bin/bash"), "no bash");
        _ = folder.Write("prism.json", "{}");
        _ = Directory.CreateDirectory(folder["runtime"]);
        _ = folder.WriteScript("comp-test-command", "");
        var environment = Capture.Complete(new Dictionary<string, string> { ["PATH"] = $"{folder.Path}:/usr/bin:/bin", ["COMP_TEST_VARIABLE"] = "1" });

        var ran = await Capture.RunAsync("/bin/bash", environment, folder.Path, ["-c", press, Repository.PathTo("packaging", "completions", "prism-supervisor.bash"), Programs.Supervisor, .. typed.Split(' ')]);

        Assert.Equal((0, offered, ""), (ran.Code, ran.Text.TrimEnd(), ran.Error));
    }
}
