import { CommanderError } from 'commander';
import type { Command } from './command.ts';
import { type Failure, misuse } from './failure/failure.ts';
import { longName } from './flag-names.ts';
import { globalFlags } from './global-flags.ts';
import { createProgram, findCommand, type Invocation, type Nouns } from './program.ts';
import { describeCommands } from './reference/describe-commands.ts';
import { printMan } from './reference/print-man.ts';

/** What a command line asks for. */
export type Parsed =
  | { readonly kind: 'command'; readonly invocation: Invocation }
  /** Help or the version was asked for. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'misuse'; readonly failure: Failure };

/** The most specific help for what was typed. */
function helpFor(argv: readonly string[], table: readonly Command[]): string {
  const words = argv.filter((word) => !word.startsWith('-'));
  const isTyped = (path: string) => path.split(' ').every((part, index) => words[index] === part);
  const nouns = new Set(table.map((command) => command.path.split(' ')[0] ?? ''));
  const path = table.find((command) => isTyped(command.path))?.path ?? [...nouns].find(isTyped);
  return path === undefined ? 'openkupe --help' : `openkupe ${path} --help`;
}

/** Commander's `error: unknown option '--versoin'\n(Did you mean --version?)` as one sentence. */
function asSentence(message: string): string {
  const [first = '', ...rest] = message.replace(/^error: /, '').split('\n');
  const hint = rest
    .join(' ')
    .replace(/^\((.*)\)$/, '$1')
    .replace(/^D/, 'd');
  const head = first.charAt(0).toUpperCase() + first.slice(1).replace(/\.$/, '');
  return hint === '' ? `${head}.` : `${head}; ${hint}`;
}

/** Reads a command line against the table. Pure: what would be printed is returned. */
export function parseCommandLine(argv: readonly string[], table: readonly Command[], nouns: Nouns, version: string): Parsed {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) return { kind: 'text', text: `${version}\n` };
  let invocation: Invocation | undefined;
  let printed = '';
  const write = (text: string) => {
    printed += text;
  };
  const found = (one: Invocation) => {
    invocation = one;
  };
  const program = createProgram({ table, nouns, version, words: new Set(argv), write, found });
  const refuse = (sentence: string): Parsed => {
    return { kind: 'misuse', failure: misuse(sentence, { run: helpFor(argv, table), why: 'shows what is accepted' }) };
  };
  if (argv[0] === 'help' && argv.includes('--json')) {
    const words = argv.slice(1).filter((word) => word !== '--json');
    const named = table.filter(({ path }) => `${path} `.startsWith(words.map((word) => `${word} `).join('')));
    if (named.length === 0) return refuse(`There is no command "${words.join(' ')}".`);
    return { kind: 'text', text: describeCommands(named, nouns, version) };
  }
  if (argv.length === 2 && argv[0] === 'help' && argv[1] === '--man') return { kind: 'text', text: printMan(table, nouns, version) };
  if (argv[0] === 'help') {
    const target = findCommand(program, argv.slice(1));
    if (!target) return refuse(`There is no command "${argv.slice(1).join(' ')}".`);
    target.outputHelp();
    return { kind: 'text', text: printed };
  }
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return printed === '' ? refuse(asSentence(error.message)) : { kind: 'text', text: printed };
  }
  return invocation ? { kind: 'command', invocation } : { kind: 'text', text: printed };
}

/** Reads the texts of an invocation as the values the command asked for. Throws a `misuse` failure that names the flag. */
export function readFlags({ command, given }: Invocation): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, flag] of Object.entries({ ...command.flags, ...globalFlags(command) })) {
    const text = given[key];
    if (flag.kind === 'switch') values[key] = text === true;
    else if (typeof text === 'string') {
      const chosen = flag.choices?.find((one) => one.toLowerCase() === text.toLowerCase());
      if (flag.choices && chosen === undefined && !flag.alsoMatches?.test(text)) {
        const next = { run: `openkupe ${command.path} --help`, why: 'shows what is accepted' };
        throw misuse(`--${longName(key)} is "${text}"; use one of ${flag.choices.join(', ')}.`, next);
      }
      values[key] = flag.parse(chosen ?? text);
    }
  }
  return values;
}
