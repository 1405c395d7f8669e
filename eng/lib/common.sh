# What the scripts of eng/ share; sourced, never run.
# shellcheck shell=bash disable=SC2034

# A failure inside $(...) is a failure.
shopt -s inherit_errexit

readonly EX_USAGE=64 EX_UNAVAILABLE=69 EX_SOFTWARE=70

REPOSITORY=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
readonly REPOSITORY

# Prints a sentence for the person who runs the script; standard output stays free for results.
say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# die CODE SENTENCE
die() {
    local code=$1
    shift
    say "$*"
    exit "$code"
}

# Prints the comment at the head of the running script, which is its manual page.
show_help() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

usage_error() {
    say "$* (see ${0##*/} --help)"
    exit "$EX_USAGE"
}

# quietly LOG COMMAND...: the command's output goes to LOG, and its last lines to the reader only when it fails.
quietly() {
    local log=$1 status=0
    shift
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if [ "$status" -ne 0 ]; then
        tail -n 40 "$log" | sed 's/^/    /' >&2
        say "'$*' failed with status $status; the whole output is in $log"
    fi
    return "$status"
}
