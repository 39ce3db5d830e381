import { codeOf } from '@openkupe/files/error-code';
import { ConfigError } from '../config/config.ts';
import { environmentWith, readConfigFile } from '../config/config-file.ts';
import { backup } from './backup.ts';
import { check } from './check.ts';
import type { StoreCommandDependencies } from './command.ts';
import { copy } from './copy.ts';
import { readStoreCommand, STORE_HELP } from './read-command.ts';
import { restore } from './restore.ts';

/** Exit codes: 0 done, 1 failed or damage found, 2 wrong usage, 130 interrupted. */
const EXIT = { done: 0, failed: 1, misuse: 2, interrupted: 130 } as const;

/** How the command is run, and where it reports failures. */
export interface StoreCommandRun extends StoreCommandDependencies {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths begin. */
  readonly folder: string;
  complain(sentence: string): void;
}

async function run(argv: readonly string[], { env: variables, folder, ...dependencies }: StoreCommandRun): Promise<number> {
  if (argv.length === 0 || argv.includes('--help') || argv.includes('-h')) {
    dependencies.say(STORE_HELP.trimEnd());
    return argv.length === 0 ? EXIT.misuse : EXIT.done;
  }
  const file = await readConfigFile(argv, variables, folder);
  if (file && file.problems.length > 0) throw new ConfigError(file.problems);
  const env = environmentWith(file, variables);
  const command = readStoreCommand(argv, env, folder);
  const { options } = command;
  if (command.verb === 'check') return (await check(options, dependencies)) ? EXIT.done : EXIT.failed;
  if (command.verb === 'copy') await copy(command.places, options, dependencies);
  else await (command.verb === 'backup' ? backup : restore)(command.file, options, dependencies);
  return EXIT.done;
}

/** A sentence for an operator. The errors of the store and of transfers carry theirs. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { path } = error as NodeJS.ErrnoException;
  const code = codeOf(error);
  if (['ENOSPC', 'EDQUOT'].includes(code)) return 'The disk is full; nothing was changed, make room and run it again';
  if (['EACCES', 'EPERM', 'EROFS'].includes(code))
    return `${path ?? 'A folder'} is not accessible (${code}); run it as the user that runs the server`;
  return error.message;
}

/** Runs `store …`, and returns the exit code. Says why it failed in one sentence, and leaves nothing half done then. */
export async function runStoreCommand(argv: readonly string[], given: StoreCommandRun): Promise<number> {
  try {
    return await run(argv, given);
  } catch (error) {
    if (given.signal.aborted) {
      given.complain('Interrupted; nothing was changed');
      return EXIT.interrupted;
    }
    for (const sentence of error instanceof ConfigError ? error.problems : [explain(error)]) given.complain(sentence);
    return error instanceof ConfigError ? EXIT.misuse : EXIT.failed;
  }
}
