import type { Command, Flags } from '../command.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { longName } from '../flag-names.ts';
import { globalFlags } from '../global-flags.ts';
import type { Nouns } from '../program.ts';
import { VARIABLES } from '../settings/variables.ts';

/** A text as it is for roff: backslashes and hyphens, as those of options, are not its own, nor is a point at the beginning of a line. */
function plain(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');
}

const item = (term: string, text: string) => `.TP\n.B ${plain(term).replaceAll(' ', '\\ ')}\n${plain(text)}`;

function flagItems(flags: Flags): string[] {
  return Object.entries(flags).map(([key, flag]) => {
    const short = flag.short === undefined ? '' : `-${flag.short}, `;
    const value = flag.kind === 'value' ? ` <${flag.placeholder}>` : '';
    const isRequired = flag.kind === 'value' && flag.isRequired === true;
    return item(`${short}--${longName(key)}${value}`, `${flag.summary}${isRequired ? ' Required.' : ''}`);
  });
}

function section(command: Command): string {
  const args = Object.entries(command.args);
  const words = args.map(([name, { isOptional }]) => (isOptional ? `[${name}]` : `<${name}>`));
  const examples = command.examples.flatMap(({ run, why }) => [`# ${why}`, run]);
  return [
    `.SS ${plain(['openkupe', command.path, ...words, ...(command.takesRest ? ['[arguments...]'] : [])].join(' '))}`,
    plain([command.summary, command.details].filter(Boolean).join(' ')),
    ...args.map(([name, { summary }]) => item(name, summary)),
    ...flagItems(command.flags),
    '.PP\n.nf',
    ...examples.map(plain),
    '.fi',
  ].join('\n');
}

/** The manual page openkupe(1) in the macros of man(7), printed from the table that the program is made of. */
export function printMan(all: readonly Command[], nouns: Nouns, version: string): string {
  const commands = all.filter(({ isHidden }) => !isHidden);
  const remote = commands.find(({ isRemote, isList, hasScript }) => isRemote && isList && hasScript !== false);
  return `${[
    `.TH OPENKUPE 1 "" "openkupe ${plain(version)}" "User Commands"`,
    '.SH NAME\nopenkupe \\- managed Kubernetes clusters from the command line',
    '.SH SYNOPSIS\n.B openkupe\n[options] <noun> <verb> [arguments]',
    '.SH DESCRIPTION',
    plain('stdout carries the result alone; everything else is on stderr. Flags may stand anywhere, and win over the environment.'),
    '.SH NOUNS',
    ...Object.entries(nouns).map(([noun, about]) => item(noun, about)),
    '.SH OPTIONS',
    plain('Those of lists, and of commands that talk to a server:'),
    ...(remote ? flagItems(globalFlags(remote)) : []),
    '.SH COMMANDS',
    ...commands.map(section),
    '.SH ENVIRONMENT',
    ...VARIABLES.map(({ name, meaning }) => item(name, meaning)),
    '.SH EXIT STATUS',
    ...EXIT_CODES.map(({ code, meaning }) => item(String(code), meaning)),
  ].join('\n')}\n`;
}
