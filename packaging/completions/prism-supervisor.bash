# Tab completion of prism-supervisor for bash: the program itself says what may come next; files, names of this host and
# what exec is to run are the shell's own to know.
_prism_supervisor() {
    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} line=${COMP_LINE:0:COMP_POINT} at=2 kind='' words
    # To the shell, the = of --option=value is a word.
    if [ "$word" = = ]; then
        word='' line=${line%=}' '
    elif [ "$option" = = ]; then
        option=${COMP_WORDS[COMP_CWORD - 2]} line="${line%=*} ${line##*=}"
    fi
    case $option in
        -c | --config | --secrets) kind=f ;;
        --runtime-directory) kind=d ;;
        --user) kind=u ;;
        --pass) kind=e ;;
    esac
    if [ "${COMP_WORDS[1]}" = exec ]; then
        while ((at < COMP_CWORD)); do
            case ${COMP_WORDS[at]} in
                -c | --config | --secrets | --dialect | --unauthenticated | --unit | --user | --pass)
                    [ "${COMP_WORDS[at + 1]}" != = ] || ((at++))
                    ((at += 2))
                    ;;
                --) ((at++)) && break ;;
                -*) ((at++)) ;;
                *) break ;;
            esac
        done
        # From here on it is the command's line: first its name, then files.
        if ((at < COMP_CWORD)); then
            kind=f
        elif ((at == COMP_CWORD)) && { [ "$option" = -- ] || [[ $word == [!-]* ]]; }; then
            kind=c
        fi
    fi
    # A secrets file to check.
    if [ "${COMP_WORDS[1]}" = secrets ] && ((COMP_CWORD > 2)) && [[ $word != -* && $option != --* ]]; then
        kind=f
    fi
    if [ -n "$kind" ]; then
        mapfile -t COMPREPLY < <(compgen -"$kind" -- "$word")
    else
        words=$("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null) || return
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    fi
}
complete -o filenames -F _prism_supervisor prism-supervisor
