import { LIMITS } from '@openkupe/contract';

/** Every round of a change lost its race at the commit. The pipeline answers 503: others write what it depends on too often. */
export class ContendedError extends Error {
  override readonly name = 'ContendedError';
}

/**
 * Optimistic concurrency: runs `attempt` (load, decide, commit) until it returns a result. `undefined` says that its commit lost a race, so
 * the next round, counted from 0, decides again on what is stored then.
 *
 * @throws {ContendedError} after {@link LIMITS.commitRounds} lost rounds; `action` completes its sentence.
 */
export async function commitInRounds<Result>(action: string, attempt: (round: number) => Promise<Result | undefined>): Promise<Result> {
  for (let round = 0; round < LIMITS.commitRounds; round += 1) {
    const result = await attempt(round);
    if (result !== undefined) return result;
  }
  throw new ContendedError(`Cannot ${action}: what it depends on changed in every round`);
}
