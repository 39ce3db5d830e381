import type { Command, Flag, Flags, NameKind } from '../command.ts';
import { longName } from '../flag-names.ts';
import { ALL_GLOBAL_FLAGS, globalFlags } from '../global-flags.ts';
import type { Nouns } from '../program.ts';
import { FILES } from './scripts.ts';

/** What may stand at the cursor, and what it means. */
export interface Candidate {
  readonly value: string;
  readonly summary: string;
}

/** What of a command line decides where the names of objects come from: the values of its flags, by their keys. */
export type Given = Readonly<Record<string, string>>;
/** Gives the names of the objects of a kind. */
export type ReadNames = (kind: NameKind, given: Given) => Promise<readonly string[]>;

interface Position {
  readonly path: readonly string[];
  readonly command: Command | undefined;
  readonly args: readonly string[];
  readonly given: Given;
  /** The flag whose value is at the cursor. */
  readonly awaiting: Flag | undefined;
}

const flagsOf = (command: Command | undefined): Flags => (command ? { ...command.flags, ...globalFlags(command) } : ALL_GLOBAL_FLAGS);

function flagNamed(word: string, flags: Flags): [string, Flag] | undefined {
  const name = word.split('=', 1)[0];
  return Object.entries(flags).find(([key, { short }]) => name === `--${longName(key)}` || name === `-${short}`);
}

/** Reads the words before the cursor. */
function positionAfter(words: readonly string[], table: readonly Command[]): Position {
  const path: string[] = [];
  const args: string[] = [];
  const given: Record<string, string> = {};
  let command: Command | undefined;
  let awaiting: [string, Flag] | undefined;
  for (const word of words) {
    if (awaiting) {
      given[awaiting[0]] = word;
      awaiting = undefined;
    } else if (word.startsWith('-') && !command?.takesRest) {
      const found = flagNamed(word, flagsOf(command));
      if (found && word.includes('=')) given[found[0]] = word.slice(word.indexOf('=') + 1);
      else if (found?.[1].kind === 'value') awaiting = found;
    } else if (command) args.push(word);
    else {
      path.push(word);
      command = table.find((one) => one.path === path.join(' '));
    }
  }
  return { path, command, args, given, awaiting: awaiting?.[1] };
}

function nextWords(path: readonly string[], table: readonly Command[], nouns: Nouns): Candidate[] {
  const [first, ...rest] = path;
  if (first === 'help') return nextWords(rest, table, nouns);
  const before = path.map((word) => `${word} `).join('');
  const following = new Map<string, string>();
  for (const { path: whole, summary } of table) {
    if (!whole.startsWith(before)) continue;
    const word = whole.slice(before.length).split(' ')[0] ?? '';
    following.set(word, nouns[before + word] ?? summary);
  }
  if (path.length === 0) following.set('help', 'Print help for a command.');
  return [...following].map(([value, summary]) => ({ value, summary }));
}

function flagCandidates(flags: Flags, given: Given): Candidate[] {
  return Object.entries(flags)
    .filter(([key]) => given[key] === undefined)
    .map(([key, { summary }]) => ({ value: `--${longName(key)}`, summary }));
}

/** What there is to choose from for a value: a list, names of objects, or files. */
interface Choice {
  readonly choices?: readonly string[];
  readonly names?: NameKind | undefined;
  readonly placeholder?: string;
}

async function valuesOf({ choices, names, placeholder }: Choice, given: Given, readNames: ReadNames): Promise<Candidate[]> {
  if (placeholder === 'file' || placeholder === 'path') return [{ value: FILES, summary: '' }];
  const values = choices ?? (names ? await readNames(names, given) : []);
  return values.map((value) => ({ value, summary: '' }));
}

async function candidatesAt(
  { path, command, args, given, awaiting }: Position,
  current: string,
  { table, nouns }: { readonly table: readonly Command[]; readonly nouns: Nouns },
  readNames: ReadNames,
): Promise<Candidate[]> {
  if (awaiting?.kind === 'value') return valuesOf(awaiting, given, readNames);
  if (command?.takesRest) return [{ value: FILES, summary: '' }];
  if (/^--[\w-]+=/.test(current)) {
    const flag = flagNamed(current, flagsOf(command))?.[1];
    const before = current.slice(0, current.indexOf('=') + 1);
    const values = flag?.kind === 'value' ? await valuesOf(flag, given, readNames) : [];
    return values.map(({ value, summary }) => ({ value: value === FILES ? value : before + value, summary }));
  }
  if (current.startsWith('-')) return flagCandidates(flagsOf(command), given);
  if (!command) return nextWords(path, table, nouns);
  const argument = Object.values(command.args)[args.length];
  const names = typeof argument?.names === 'function' ? argument.names(args[0] ?? '') : argument?.names;
  return argument ? valuesOf({ ...argument, names }, given, readNames) : [];
}

/** What may stand at the cursor. `words` are those after the program's name, the one at the cursor last and as far as it is typed. */
export async function candidatesFor(
  words: readonly string[],
  table: readonly Command[],
  nouns: Nouns,
  readNames: ReadNames,
): Promise<Candidate[]> {
  const current = words.at(-1) ?? '';
  const shown = table.filter(({ isHidden }) => !isHidden);
  const found = await candidatesAt(positionAfter(words.slice(0, -1), shown), current, { table: shown, nouns }, readNames);
  return found.filter(({ value }) => value === FILES || value.startsWith(current));
}
