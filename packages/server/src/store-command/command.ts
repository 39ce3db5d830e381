import type { Clock, Random } from '@openkupe/contract';
import type { Config } from '../config/config.ts';
import type { Ask, PassphraseSource } from './passphrase.ts';

/** What the command is run with. */
export interface StoreCommandDependencies {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  /** A line of the result. */
  say(line: string): void;
  readonly ask: Ask;
  /** Ends the transfer, which leaves nothing behind. */
  readonly signal: AbortSignal;
}

/** What the flags and the settings say. */
export interface StoreCommandOptions {
  readonly config: Config;
  readonly passphrase: PassphraseSource;
  readonly isWithoutSecrets: boolean;
  /** The secrets of a backup that is without them. */
  readonly secretsFile: string | undefined;
  readonly isVerified: boolean;
}

/** Passes parts on until the signal aborts, and then throws its reason. */
export async function* until<T>(signal: AbortSignal, parts: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const part of parts) {
    signal.throwIfAborted();
    yield part;
  }
}

/** Counts in words: `resource 12, audit 30`. */
export function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
