import type { Command, Flag, Flags } from '../command.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { longName } from '../flag-names.ts';
import { globalFlags } from '../global-flags.ts';
import type { Nouns } from '../program.ts';
import { VARIABLES } from '../settings/variables.ts';

/** An option as it is written on the command line; `value` is its placeholder, null for one without a value. */
function describeFlag([key, flag]: [string, Flag]) {
  const isValue = flag.kind === 'value';
  return {
    name: `--${longName(key)}`,
    short: flag.short === undefined ? null : `-${flag.short}`,
    value: isValue ? flag.placeholder : null,
    choices: isValue ? (flag.choices ?? null) : null,
    isRequired: isValue && flag.isRequired === true,
    summary: flag.summary,
  };
}

const describeFlags = (flags: Flags) => Object.entries(flags).map(describeFlag);

function describeCommand(command: Command) {
  const { path, summary, details = null, examples, args, flags, formats, takesRest = false, isRemote } = command;
  return {
    path,
    summary,
    details,
    arguments: Object.entries(args).map(([name, { summary, isOptional = false, choices = null }]) => ({
      name,
      isRequired: !isOptional,
      choices,
      summary,
    })),
    options: describeFlags({ ...flags, ...globalFlags(command) }),
    formats,
    takesRest,
    isRemote,
    examples,
  };
}

/**
 * The command table as JSON, for programs: `openkupe help --json`. `commands` are those to list, for example the ones of a noun. What an
 * option or a command does not have is null, and no key is ever missing.
 */
export function describeCommands(commands: readonly Command[], nouns: Nouns, version: string): string {
  const exitCodes = EXIT_CODES.map(({ code, name, meaning, again }) => ({ code, name, meaning, again }));
  const table = { version, nouns, commands: commands.map(describeCommand), environment: VARIABLES, exitCodes };
  return `${JSON.stringify(table, null, 2)}\n`;
}
