import { Command as Commander, Option } from 'commander';
import type { Command, Flag, Flags } from './command.ts';
import { longName } from './flag-names.ts';
import { ALL_GLOBAL_FLAGS, globalFlags } from './global-flags.ts';

/** A command line that was understood: which command, and its texts by the names of the table. */
export interface Invocation {
  readonly command: Command;
  readonly args: Readonly<Record<string, string | undefined>>;
  /** Values as written; `true` for a switch. */
  readonly given: Readonly<Record<string, string | true>>;
  /** What follows the command's name, untouched; for a command that takes no flags of its own. */
  readonly rest: readonly string[];
}

export interface ProgramOutput {
  out(text: string): void;
  err(text: string): void;
}

/** Help is as wide for everybody, so that stdout never depends on a terminal. */
const HELP_COLUMNS = 100;

function option(key: string, flag: Flag): Option {
  const short = flag.short === undefined ? '' : `-${flag.short}, `;
  if (flag.kind === 'switch') return new Option(`${short}--${longName(key)}`, flag.summary);
  const made = new Option(`${short}--${longName(key)} <${flag.placeholder}>`, flag.summary);
  if (flag.choices && flag.choices.length > 0) made.choices(flag.choices);
  return made.makeOptionMandatory(flag.isRequired === true);
}

function addFlags(target: Commander, flags: Flags): void {
  for (const [key, flag] of Object.entries(flags)) target.addOption(option(key, flag));
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
  const width = Math.max(...command.examples.map((example) => example.run.length));
  const lines = command.examples.map((example) => `  ${example.run.padEnd(width)}  # ${example.why}`);
  return `\nExamples:\n${lines.join('\n')}`;
}

function addCommand(noun: Commander, verb: string, command: Command, found: (invocation: Invocation) => void): void {
  const leaf = noun.command(verb).summary(command.summary).description([command.summary, command.details].filter(Boolean).join('\n\n'));
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

/** Turns the table into a commander program. Parsing calls `found` for a command; help and version are written to `output`. */
export function createProgram(
  table: readonly Command[],
  nouns: Readonly<Record<string, string>>,
  version: string,
  output: ProgramOutput,
  found: (invocation: Invocation) => void,
): Commander {
  const program = new Commander('openkupe');
  program
    .description('Managed Kubernetes clusters from the command line.')
    .version(version, '-V, --version', 'Print the version.')
    .helpOption('-h, --help', 'Print help for a command.')
    .helpCommand('help [command]', 'Print help for a command.')
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ helpWidth: HELP_COLUMNS, showGlobalOptions: false })
    .configureOutput({
      writeOut: output.out,
      writeErr: output.err,
      getOutHelpWidth: () => HELP_COLUMNS,
      getErrHelpWidth: () => HELP_COLUMNS,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: () => undefined,
    });
  addFlags(program, ALL_GLOBAL_FLAGS);
  const made = new Map<string, Commander>();
  const nounOf = (name: string): Commander => {
    const known =
      made.get(name) ??
      program
        .command(name)
        .description(nouns[name] ?? '')
        .helpCommand(false);
    if (!made.has(name)) addFlags(known, ALL_GLOBAL_FLAGS);
    made.set(name, known);
    return known;
  };
  for (const command of table) {
    const [first = '', verb] = command.path.split(' ');
    addCommand(verb === undefined ? program : nounOf(first), verb ?? first, command, found);
  }
  return program;
}
