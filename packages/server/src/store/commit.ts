import { LIMITS } from '@openkupe/contract';
import type { Kind, Resource } from './resource.ts';
import type { WriteOf } from './store.ts';

/** The `resourceVersion` of a resource whose change is not committed yet: the commit's `revision` takes its place. */
export const PENDING_VERSION = '';

/**
 * The resource as a write leaves it, known before the commit in everything but its version: of `before`, which the write expects, or of
 * nothing for a create. What is observed may move between the load and the commit; then the resource here shows it as it was loaded.
 */
export function afterWrite<K extends Kind>(write: WriteOf<K>, at: number, before?: Resource<K>): Resource<K> {
  if (write.verb === 'create') {
    const { key, uid, spec, observed } = write;
    return { ...key, uid, resourceVersion: PENDING_VERSION, observation: 0, generation: 1, createdAt: at, spec, observed };
  }
  if (!before) throw new Error(`Nothing was loaded that ${write.verb} could have changed`);
  switch (write.verb) {
    case 'update-if':
      return {
        ...before,
        resourceVersion: PENDING_VERSION,
        generation: before.generation + (write.keepGeneration ? 0 : 1),
        spec: write.spec,
      };
    case 'observe-if':
      return { ...before, observation: before.observation + 1, observed: write.observed };
    case 'mark-deleted-if':
      return { ...before, resourceVersion: PENDING_VERSION, deletedAt: at };
    case 'delete-if':
      throw new Error('A deleted resource has no state');
  }
}

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
