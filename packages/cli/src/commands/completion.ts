import { command } from '../command.ts';
import { SCRIPTS, SHELLS } from '../completion/scripts.ts';
import { misuse } from '../failure/failure.ts';

/** Prints the script that completes command lines in a shell; no request. */
export const completion = command({
  path: 'completion',
  summary: 'Print the script that completes command lines in your shell.',
  details:
    'It offers commands, options and their values, and the names of objects, which the server is asked for with the options typed before; it is ' +
    'waited for one second at most. Names that would need quotes are left out.',
  examples: [
    { run: 'openkupe completion bash > ~/.local/share/bash-completion/completions/openkupe', why: 'bash, with bash-completion' },
    { run: 'openkupe completion zsh > ~/.zfunc/_openkupe', why: 'zsh, with ~/.zfunc in fpath before compinit' },
    { run: 'openkupe completion fish > ~/.config/fish/completions/openkupe.fish', why: 'fish' },
  ],
  args: { shell: { summary: `One of ${SHELLS.join(', ')}.`, choices: SHELLS } },
  flags: {},
  formats: [],
  isRemote: false,
  async run({ args: { shell } }) {
    const found = SHELLS.find((one) => one === shell);
    if (!found) throw misuse(`There is no script for "${shell}"; use one of ${SHELLS.join(', ')}.`);
    return { kind: 'document', text: SCRIPTS[found], value: null };
  },
});
