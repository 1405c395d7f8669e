using Microsoft.Extensions.Logging;
using Prism.Supervisor.Gunicorn;
using Prism.Supervisor.Processes;

namespace Prism.Supervisor.Tests.Processes;

public sealed class OutputCauseTests
{
    [Theory]
    [InlineData(
        """
        Traceback (most recent call last):
          File "/srv/prism/manage.py", line 10, in <module>
            import prism.wsgi
        ModuleNotFoundError: No module named 'prism.wsgi'
        """,
        "ModuleNotFoundError: No module named 'prism.wsgi'")]
    [InlineData(
        """
        Traceback (most recent call last):
          File "a.py", line 1, in connect
        psycopg2.OperationalError: connection refused

        The above exception was the direct cause of the following exception:

        Traceback (most recent call last):
          File "b.py", line 2, in <module>
        django.db.utils.OperationalError: could not connect to server
        """,
        "django.db.utils.OperationalError: could not connect to server")]
    [InlineData(
        """
        Traceback (most recent call last):
          File "b.py", line 2, in <module>
        django.db.utils.OperationalError: connection to server at "127.0.0.1", port 5432 failed: Connection refused
        	Is the server running on that host and accepting TCP/IP connections?
        """,
        "django.db.utils.OperationalError: connection to server at \"127.0.0.1\", port 5432 failed: Connection refused")]
    [InlineData(
        """
        Traceback (most recent call last):
          File "b.py", line 2, in <module>
        django.db.utils.OperationalError: connection to server at "localhost" (::1), port 5432 failed: Connection refused
        	Is the server running on that host and accepting TCP/IP connections?
        connection to server at "localhost" (127.0.0.1), port 5432 failed: could not open certificate file "/home/prism/.postgresql/postgresql.crt": Permission denied
        connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused
        connection to server at "localhost" (127.0.0.1), port 5432 failed: FATAL:  no pg_hba.conf entry for host "127.0.0.1", user "prism", database "prism", no encryption

        done
        connection to server at "elsewhere" failed: later
        """,
        "django.db.utils.OperationalError: connection to server at \"localhost\" (::1), port 5432 failed: Connection refused; connection to server at \"localhost\" (127.0.0.1), port 5432 failed: could not open certificate file \"/home/prism/.postgresql/postgresql.crt\": Permission denied; connection to server at \"localhost\" (127.0.0.1), port 5432 failed: FATAL:  no pg_hba.conf entry for host \"127.0.0.1\", user \"prism\", database \"prism\", no encryption")]
    [InlineData(
        """
        Operations to perform:
          Apply all migrations: journal
        CommandError: Conflicting migrations detected; multiple leaf nodes in the migration graph
        To fix them run 'python manage.py makemigrations --merge'
        """,
        "CommandError: Conflicting migrations detected; multiple leaf nodes in the migration graph")]
    [InlineData(
        """
        Traceback (most recent call last):
          File "x.py", line 1, in <module>
        KeyboardInterrupt
        """,
        "KeyboardInterrupt")]
    [InlineData(
        """
        Traceback (most recent call last):
          File "x.py", line 1
            print "old"
                  ^^^^^
        SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?
        [2026-11-23 05:00:32 +0000] [7] [INFO] Worker exiting (pid: 7)
        [2026-11-23 05:00:32 +0000] [6] [INFO] Shutting down: Master
        [2026-11-23 05:00:32 +0000] [6] [INFO] Reason: Worker failed to boot.
        """,
        "SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?")]
    [InlineData(
        """
        [2026-11-23 05:00:32 +0000] [7] [INFO] Booting worker with pid: 7
        cannot go on: no license
        [2026-11-23 05:00:32 +0000] [7] [INFO] Worker exiting (pid: 7)
        [2026-11-23 05:00:32 +0000] [6] [ERROR] Worker (pid:7) exited with code 1.
        """,
        "cannot go on: no license")]
    [InlineData(
        """
        Traceback (most recent call last):
          File "a.py", line 1, in <module>
        ImportError: no such module
        Traceback (most recent call last):
          File "gunicorn/arbiter.py", line 209, in run
        [2026-11-23 05:00:32 +0000] [7] [INFO] Worker exiting (pid: 7)
        self.sleep()
        object address  : 0x7f9798c0b8e0
        gunicorn.errors.HaltServer: <HaltServer 'Worker failed to boot.' 3>
        Fine: the shop is closed
        """,
        "ImportError: no such module")]
    [InlineData(
        """
        Traceback (most recent call last):
          File "a.py", line 1, in <module>
        __main__.load.<locals>._Missing2: no shop
        """,
        "__main__.load.<locals>._Missing2: no shop")]
    [InlineData(
        """
        Traceback (most recent call last):
          File "a.py", line 1, in <module>
        KeyboardInterrupt
        """,
        "KeyboardInterrupt")]
    [InlineData("manage.py: error: unrecognized arguments: --noinptu", "manage.py: error: unrecognized arguments: --noinptu")]
    [InlineData("first\nsecond\n\n   \n", "second")]
    public void The_cause_is_the_line_that_names_it(string output, string expected) => Assert.Equal(expected, Cause(output));

    [Fact]
    public void Where_no_exception_is_named_the_last_error_is_the_cause()
    {
        var cause = NewCause();
        cause.Add("[CRITICAL] WORKER TIMEOUT (pid:7)", isError: true, isPlain: false);
        cause.Add("[INFO] Shutting down: Master", isError: false, isPlain: false);
        cause.Add("[INFO] Reason: Worker failed to boot.", isError: false, isPlain: false);

        Assert.Equal("[CRITICAL] WORKER TIMEOUT (pid:7)", cause.Find());
    }

    [Fact]
    public void Silence_has_no_cause() => Assert.Null(Cause(""));

    [Fact]
    public void Only_the_last_lines_count()
    {
        var cause = NewCause();
        cause.Add("OldError: forgotten", isError: true, isPlain: false);
        for (var i = 0; i < 10_000; i++)
        {
            cause.Add("busy", isError: false, isPlain: false);
        }

        Assert.Equal("busy", cause.Find());
    }

    [Fact]
    public void An_exception_that_only_passes_another_on_does_not_hide_it() =>
        Assert.Equal("ImportError: broken", Cause("""
            Traceback (most recent call last):
              File "prism/wsgi.py", line 1, in <module>
            ImportError: broken
            Traceback (most recent call last):
              File "gunicorn/arbiter.py", line 209, in run
            gunicorn.errors.HaltServer: <HaltServer 'Worker failed to boot.' 3>
            """));

    private static OutputCause NewCause() => new(GunicornLog.IsNoCause);

    private static string? Cause(string output)
    {
        var cause = NewCause();
        foreach (var line in output.Split('\n'))
        {
            var level = GunicornLog.LevelOf(line);
            cause.Add(line, isError: level >= LogLevel.Error, isPlain: level is null);
        }

        return cause.Find();
    }
}
