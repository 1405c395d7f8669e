using System.Collections.Frozen;

namespace Prism.Supervisor.Secrets;

/// <summary>
/// Variables that decide what a process loads, runs or trusts instead of what the site does: whoever may write one into the
/// secrets file runs code as the site. Taken from what ld.so(8) drops in secure-execution mode (glibc's unsecvars.h), what
/// sudoers(5) removes, and the manuals of Python, Gunicorn, Django, Celery, libpq, OpenSSL and of interpreters a site may start.
/// </summary>
internal static class SteeringNames
{
    private static readonly string[] Beginnings =
    [
        "LD_", "MALLOC_", "BASH_FUNC_", "PYTHON", "PGSERVICE", "OPENSSL_", "GIT_CONFIG", "GIT_SSH", "KRB5_CONFIG", "NIX_LD",
    ];

    private static readonly FrozenSet<string> Names = FrozenSet.Create(
        StringComparer.Ordinal,
        "PATH", "HOME", "SHELL", "ENV", "BASH_ENV", "SHELLOPTS", "BASHOPTS", "PS4", "IFS", "CDPATH", "GLOBIGNORE", "PROMPT_COMMAND",
        "EDITOR", "VISUAL", "PAGER", "BROWSER",
        "GCONV_PATH", "GETCONF_DIR", "GLIBC_TUNABLES", "HOSTALIASES", "LOCALDOMAIN", "LOCPATH", "NIS_PATH", "NLSPATH", "RESOLV_HOST_CONF", "RES_OPTIONS", "TMPDIR", "TZDIR",
        "TERMINFO", "TERMINFO_DIRS", "TERMCAP", "TERMPATH",
        "GUNICORN_CMD_ARGS", "DJANGO_SETTINGS_MODULE", "CELERY_CONFIG_MODULE", "CELERY_LOADER", "CELERY_CUSTOM_WORKER_POOL", "COVERAGE_PROCESS_START", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV",
        "PERL5LIB", "PERLLIB", "PERL5OPT", "PERL5DB", "RUBYLIB", "RUBYOPT", "NODE_OPTIONS", "NODE_PATH", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS",
        "PGSYSCONFDIR", "PGPASSFILE", "PGHOSTADDR", "GIT_EXEC_PATH", "GIT_ASKPASS", "GIT_EDITOR", "GIT_PAGER", "GIT_EXTERNAL_DIFF",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "NIX_SSL_CERT_FILE", "SSLKEYLOGFILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE");

    public static bool Contains(string name) =>
        Names.Contains(name) || Array.Exists(Beginnings, beginning => name.StartsWith(beginning, StringComparison.Ordinal));
}
