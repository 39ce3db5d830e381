import type { CommandPorts } from './command-ports.ts';
import { USAGE } from './usage.ts';

/** Exit codes: 0 done, 1 could not be done, 2 the command line is wrong. */
const EXIT = { ok: 0, failed: 1, misuse: 2 } as const;

const isMisuse = (error: unknown) => String((error as { code?: unknown }).code ?? '').startsWith('ERR_PARSE_ARGS');

/** Runs `openkupe sandbox` with these arguments; resolves with its exit code. */
export async function run(argv: readonly string[], ports: CommandPorts): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    ports.say(USAGE);
    return EXIT.ok;
  }
  const [word = ''] = argv;
  try {
    // NOTE: each is loaded when it is asked for: what talks to a running sandbox needs no server.
    if (word === '' || word.startsWith('-')) await (await import('./serve.ts')).serve(argv, ports);
    else await (await import('./control-command.ts')).runControlCommand(argv, ports);
    return EXIT.ok;
  } catch (error) {
    ports.complain((error as Error).message);
    return isMisuse(error) ? EXIT.misuse : EXIT.failed;
  }
}
