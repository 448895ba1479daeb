#compdef filbert
_filbert() {
    local -a choices
    if [[ "${words[-1]}" == -* ]]; then
        choices=("${(@f)$("${words[@]:0:#words[@]-1}" "${words[-1]}" --generate-bash-completion 2>/dev/null)}")
    else
        choices=("${(@f)$("${words[@]:0:#words[@]-1}" --generate-bash-completion 2>/dev/null)}")
    fi
    if [[ -n "${choices[1]}" ]]; then
        _describe 'choices' choices
    else
        _files
    fi
}
compdef _filbert filbert
