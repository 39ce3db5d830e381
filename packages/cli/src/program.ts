import { Command as Commander, Option } from 'commander';
import type { Command, Flag, Flags } from './command.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { longName } from './flag-names.ts';
import { ALL_GLOBAL_FLAGS, globalFlags } from './global-flags.ts';
import { VARIABLES } from './settings/variables.ts';

/** A parsed command line: the command, and the texts of its arguments and flags by their names in the table. */
export interface Invocation {
  readonly command: Command;
  readonly args: Readonly<Record<string, string | undefined>>;
  /** Values as written; `true` for a switch. */
  readonly given: Readonly<Record<string, string | true>>;
  /** What follows the command's name, untouched; for a command that takes no flags of its own. */
  readonly rest: readonly string[];
}

/** The width of help in columns: a constant, because the bytes of stdout do not depend on the terminal. */
const HELP_COLUMNS = 100;

function option(key: string, flag: Flag): Option {
  const short = flag.short === undefined ? '' : `-${flag.short}, `;
  if (flag.kind === 'switch') return new Option(`${short}--${longName(key)}`, flag.summary);
  return new Option(`${short}--${longName(key)} <${flag.placeholder}>`, flag.summary).makeOptionMandatory(flag.isRequired === true);
}

function addFlags(target: Commander, flags: Flags, { isHidden = false } = {}): void {
  for (const [key, flag] of Object.entries(flags)) target.addOption(option(key, flag).hideHelp(isHidden));
}

/** Reads the flags of `known` out of commander's values, from the innermost command outwards. */
function collect(commander: Commander, known: Flags): Record<string, string | true> {
  const given: Record<string, string | true> = {};
  for (const key of Object.keys(known)) {
    const name = option(key, known[key] as Flag).attributeName();
    for (let level: Commander | null = commander; level; level = level.parent) {
      if (level.getOptionValueSource(name) !== 'cli') continue;
      const value: unknown = level.getOptionValue(name);
      given[key] = typeof value === 'string' ? value : true;
      break;
    }
  }
  return given;
}

function examplesText(command: Command): string {
  return `\nExamples:\n${command.examples.map(({ run, why }) => `  # ${why}\n  ${run}`).join('\n')}`;
}

function addCommand(noun: Commander, verb: string, command: Command, found: (invocation: Invocation) => void): void {
  const leaf = noun
    .command(verb, { hidden: command.isHidden === true })
    .summary(command.summary)
    .description([command.summary, command.details].filter(Boolean).join('\n\n'));
  const names = Object.keys(command.args);
  for (const name of names) {
    const argument = command.args[name];
    leaf.argument(argument?.isOptional ? `[${name}]` : `<${name}>`, argument?.summary);
  }
  const flags = { ...command.flags, ...globalFlags(command) };
  if (command.takesRest)
    leaf.argument('[arguments...]', 'Handed on as they are.').passThroughOptions().allowUnknownOption().helpOption(false);
  addFlags(leaf, flags);
  leaf.addHelpText('after', examplesText(command));
  leaf.action(() => {
    const args = Object.fromEntries(names.map((name, index) => [name, leaf.args[index]]));
    found({ command, args, given: collect(leaf, flags), rest: command.takesRest ? leaf.args : [] });
  });
}

/** The nouns of the table, each with its line of help. */
export type Nouns = Readonly<Record<string, string>>;

function closingText(): string {
  const variables = VARIABLES.map(({ name, meaning }) => `  ${name.padEnd(21)}${meaning}`);
  const codes = EXIT_CODES.map(({ code, meaning }) => `  ${String(code).padEnd(21)}${meaning}`);
  return `\nEnvironment:\n${variables.join('\n')}\n\nExit codes:\n${codes.join('\n')}\n\nFor programs: openkupe help --json prints all of it as JSON, openkupe help cluster --json that of a noun.
As a manual page: openkupe help --man | man -l -`;
}

function createRoot(version: string, write: (text: string) => void): Commander {
  const program = new Commander('openkupe');
  program
    .description('Managed Kubernetes clusters from the command line.')
    .version(version, '-V, --version', 'Print the version.')
    .helpOption('-h, --help', 'Print help for a command.')
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({
      helpWidth: HELP_COLUMNS,
      subcommandTerm: (command) =>
        [command.name(), ...command.registeredArguments.map((one) => (one.required ? `<${one.name()}>` : `[${one.name()}]`))].join(' '),
    })
    .configureOutput({
      writeOut: write,
      writeErr: write,
      getOutHelpWidth: () => HELP_COLUMNS,
      getErrHelpWidth: () => HELP_COLUMNS,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: () => undefined,
    })
    .addHelpText('after', closingText());
  addFlags(program, ALL_GLOBAL_FLAGS);
  return program;
}

/** What {@link createProgram} builds the program from. */
export interface ProgramParts {
  readonly table: readonly Command[];
  readonly nouns: Nouns;
  readonly version: string;
  /** The words of the command line. The verbs of a noun that is not among them are left out: building them would only cost time. */
  readonly words: ReadonlySet<string>;
  /** Takes help and the version. */
  write(text: string): void;
  /** Takes the command that parsing found. */
  found(invocation: Invocation): void;
}

/** Turns the table into a commander program. */
export function createProgram({ table, nouns, version, words, write, found }: ProgramParts): Commander {
  const program = createRoot(version, write);
  const made = new Map<string, Commander>();
  const parentOf = (path: readonly string[]): Commander => {
    const name = path.join(' ');
    const known = made.get(name);
    if (path.length === 0 || known) return known ?? program;
    const noun = parentOf(path.slice(0, -1))
      .command(path.at(-1) ?? '')
      .description(nouns[name] ?? '')
      .helpCommand(false);
    addFlags(noun, ALL_GLOBAL_FLAGS, { isHidden: true });
    made.set(name, noun);
    return noun;
  };
  for (const command of table) {
    const path = command.path.split(' ');
    const verb = path.pop() ?? '';
    // NOTE: a noun is listed in the help of its parent, so it is made when the parent was typed; nouns of the program always.
    const noun = parentOf(path.filter((word, depth) => depth === 0 || words.has(path[depth - 1] ?? word)));
    if (path.every((word) => words.has(word))) addCommand(noun, verb, command, found);
  }
  return program;
}

/** The command or noun that `words` name; undefined when they name none. No words name the program. */
export function findCommand(program: Commander, words: readonly string[]): Commander | undefined {
  return words.reduce<Commander | undefined>((level, word) => level?.commands.find((command) => command.name() === word), program);
}
