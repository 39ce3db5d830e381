import { expect } from 'vitest';
import { launchServer } from '../../start-server.ts';

export const PASSPHRASE = 'correct horse battery staple';

/** How `store …` ended, and what it said. */
export interface StoreCommandEnding {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `store …` of the server's program with these variables. */
export async function storeCommand(
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<StoreCommandEnding> {
  const { output, ended } = launchServer(['store', ...words], { OPENKUPE_BACKUP_PASSPHRASE: PASSPHRASE, ...variables });
  const { code } = await ended;
  return { code, ...output };
}

/** The same; insists that it succeeds, and returns what it printed. */
export async function mustStore(words: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await storeCommand(words, variables);
  expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' });
  return stdout;
}
