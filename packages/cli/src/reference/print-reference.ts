import type { Command, Flags } from '../command.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { longName } from '../flag-names.ts';
import { globalFlags, LIST_FLAGS } from '../global-flags.ts';
import type { Nouns } from '../program.ts';
import { VARIABLES } from '../settings/variables.ts';

function cellText(text: string): string {
  return text.replaceAll('|', '\\|');
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cellText).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

function flagRows(flags: Flags): string[][] {
  return Object.entries(flags).map(([key, flag]) => {
    const short = flag.short === undefined ? '' : `-${flag.short}, `;
    const value = flag.kind === 'value' ? ` <${flag.placeholder}>` : '';
    const isRequired = flag.kind === 'value' && flag.isRequired === true;
    return [`\`${short}--${longName(key)}${value}\``, `${flag.summary}${isRequired ? ' Required.' : ''}`];
  });
}

function usage(command: Command): string {
  const args = Object.entries(command.args).map(([name, { isOptional }]) => (isOptional ? `[${name}]` : `<${name}>`));
  const rest = command.takesRest ? ['[arguments...]'] : [];
  const flags = Object.keys({ ...command.flags, ...globalFlags(command) }).length === 0 ? [] : ['[options]'];
  return ['openkupe', command.path, ...flags, ...args, ...rest].join(' ');
}

function section(command: Command): string {
  const args = Object.entries(command.args).map(([name, { summary }]) => [`\`${name}\``, summary]);
  const examples = command.examples.map(({ run, why }) => `# ${why}\n${run}`).join('\n');
  const parts = [
    `### ${command.path}`,
    command.summary,
    command.details,
    `\`\`\`\n${usage(command)}\n\`\`\``,
    args.length > 0 ? table(['Argument', ''], args) : undefined,
    Object.keys(command.flags).length > 0 ? table(['Option', ''], flagRows(command.flags)) : undefined,
    command.formats.length > 0 ? `Formats of \`-o\`: ${command.formats.join(', ')}.` : undefined,
    `\`\`\`sh\n${examples}\n\`\`\``,
  ];
  return parts.filter((part) => part !== undefined).join('\n\n');
}

function byNoun(commands: readonly Command[], nouns: Nouns): string {
  const own = commands.filter((command) => !command.path.includes(' '));
  const groups = Object.entries(nouns)
    .filter(([noun]) => !noun.includes(' '))
    .map(([noun, about]) => {
      const sections = commands.filter((command) => command.path.startsWith(`${noun} `)).map(section);
      return [`## ${noun}`, about, ...sections].join('\n\n');
    });
  return [...groups, ['## Others', ...own.map(section)].join('\n\n')].join('\n\n');
}

const STREAMS = `stdout carries the result alone, and its bytes are the same with and without a terminal. Everything else is on stderr.
Flags may stand before the noun, between noun and verb, or after the verb. Flags win over the environment.

A failure is one sentence on stderr, then at most two lines: what to run next, and the request id. With \`-o json\` its last line on stderr
is one JSON object: \`error\` (the sentence), \`code\` (a stable word), \`status\` (HTTP), \`exit\`, \`requestId\`, \`attempts\`, \`outcome\`
(\`not-applied\`, \`applied\` or \`unknown\`) and \`next\` (what to run and why); what is not known is \`null\`.

\`create\`, \`update\` and \`delete\` wait until the work is done. On a terminal one line on stderr shows the phase, the time and what the
server waits for; elsewhere there is a line per change, and one a minute. Ctrl-C stops the waiting, not the work.

For programs \`openkupe help --json\` prints this page as JSON, and \`openkupe help cluster create --json\` what a command takes.`;

/** The reference page of the command line, printed from the table that the program is made of. */
export function printReference(all: readonly Command[], nouns: Nouns): string {
  const commands = all.filter(({ isHidden }) => !isHidden);
  const connection = commands.find(({ isRemote, isList, hasScript }) => isRemote && !isList && hasScript !== false);
  const parts = [
    '# openkupe on the command line',
    'Printed from the command table by `npm run reference --workspace openkupe`; edit the table, not this page.',
    STREAMS,
    '## Options of every command that talks to a server',
    connection ? table(['Option', ''], flagRows(globalFlags(connection))) : '',
    '## Options of every list',
    table(['Option', ''], flagRows(LIST_FLAGS)),
    '## Environment',
    table(
      ['Variable', ''],
      VARIABLES.map(({ name, meaning }) => [`\`${name}\``, meaning]),
    ),
    '## Exit codes',
    table(
      ['Code', 'Meaning', 'Run it again?'],
      EXIT_CODES.map(({ code, meaning, again }) => [String(code), meaning, again]),
    ),
    byNoun(commands, nouns),
  ];
  return `${parts.join('\n\n')}\n`;
}
