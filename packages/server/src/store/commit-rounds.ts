import { LIMITS } from '@openkupe/contract';

/**
 * Optimistic concurrency: runs `round` (load, decide, commit) until it returns a result. `undefined` says that its commit lost a race, so
 * the next round decides again on what is stored then.
 *
 * @throws {Error} after {@link LIMITS.commitRounds} lost rounds; `action` completes its sentence.
 */
export async function commitInRounds<Result>(action: string, round: () => Promise<Result | undefined>): Promise<Result> {
  for (let count = 0; count < LIMITS.commitRounds; count += 1) {
    const result = await round();
    if (result !== undefined) return result;
  }
  throw new Error(`Cannot ${action}: what it depends on changed in every round`);
}
