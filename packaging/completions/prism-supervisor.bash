# Tab completion of prism-supervisor for bash: the program itself says what may come next.
_prism_supervisor() {
    local words
    words=$("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null) || return
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}")
    case ${COMP_WORDS[COMP_CWORD - 1]} in -c | --config) mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}") ;; esac
}
complete -o filenames -F _prism_supervisor prism-supervisor
