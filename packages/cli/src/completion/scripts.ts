/** The shells that there is a completion script for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** What `__complete` prints in place of candidates where the name of a file is due. */
export const FILES = ':files';

/**
 * bash ends words at the characters of COMP_WORDBREAKS, among them = @ and :, and replaces only what is after the last of them. The words
 * are put together again where no blank is between them, and that part is cut off the candidates. Runs in bash 3.2, too, that of macOS.
 */
const BASH = `_openkupe() {
  local rest=$COMP_LINE words=() count=0 word i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((i > 0)) && [[ $rest == "$word"* && $rest != [[:space:]]* && -n $rest ]]; then
      words[count - 1]+=$word
    else
      rest=\${rest#"\${rest%%[![:space:]]*}"}
      words[count]=$word
      count=$((count + 1))
    fi
    rest=\${rest#"$word"}
  done
  local current=\${words[count - 1]}
  local cut=\${current%"\${current##*[@=:]}"} candidate
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate _; do
    if [[ $candidate == ${FILES} ]]; then
      compopt -o default 2>/dev/null
      return
    fi
    COMPREPLY+=("\${candidate#"$cut"}")
  done < <(openkupe __complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _openkupe openkupe
`;

const ZSH = `#compdef openkupe
_openkupe() {
  local line
  local -a found
  for line in "\${(@f)$(openkupe __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == ${FILES} ]]; then
      _files
      return
    fi
    [[ -n $line ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe openkupe found
}
if [[ $funcstack[1] == _openkupe ]]; then _openkupe "$@"; else compdef _openkupe openkupe; fi
`;

const FISH = `function __openkupe_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -e words[1]
  set -l found (openkupe __complete -- $words "$current" 2>/dev/null)
  if test "$found[1]" = ${FILES}
    __fish_complete_path "$current"
  else
    string join -- \\n $found
  end
end
complete -c openkupe -f -a '(__openkupe_complete)'
`;

/** The script that makes a shell ask `openkupe __complete` for what may follow. */
export const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = { bash: BASH, zsh: ZSH, fish: FISH };
