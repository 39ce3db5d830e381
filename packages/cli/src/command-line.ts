import type { Flags } from './command.ts';
import { longName } from './flag-names.ts';
import { CONNECTION } from './global-flags.ts';
import type { Invocation } from './program.ts';
import type { ConnectionFlags } from './settings/settings.ts';

/** A text as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function flagWords(given: Readonly<Record<string, string | true | undefined>>): string[] {
  return Object.entries(given).flatMap(([key, value]) => {
    if (value === undefined) return [];
    return value === true ? [`--${longName(key)}`] : [`--${longName(key)} ${shellWord(value)}`];
  });
}

/** The command of an invocation as it can be typed again, with other values for some of its flags. */
export function commandLine(
  { command, args, given }: Pick<Invocation, 'command' | 'args' | 'given'>,
  flags: Readonly<Record<string, string>> = {},
): string {
  const words = Object.values(args).filter((word) => word !== undefined);
  return ['openkupe', command.path, ...words.map(shellWord), ...flagWords({ ...given, ...flags })].join(' ');
}

/** The flags of a command that chose the server, for another command that should reach the same one. `known` is what it has already. */
export function connectionWords(connection: ConnectionFlags, known = ''): string {
  const isNew = (key: string) =>
    !known.includes(` --${longName(key)} `) && !(key === 'tokenFile' && known.startsWith('openkupe auth login'));
  const given = Object.keys(CONNECTION satisfies Flags).filter(isNew);
  const words = flagWords(Object.fromEntries(given.map((key) => [key, connection[key as keyof ConnectionFlags]])));
  return words.map((word) => ` ${word}`).join('');
}
