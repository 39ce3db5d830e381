import type { SharedAnswer, Telling } from './shared-store.ts';

/** More servers than this share no limit; a store that counts more is not counting servers. */
const MOST_NODES = 1000;

/**
 * A store's answer in the bounds that a limiter may be set to: one number for every key told of, none further ahead than every node's
 * whole bucket. Throws a RangeError for anything else, because a node that took it over would be open, or closed, until somebody noticed.
 */
export function checkedAnswer(answer: SharedAnswer, telling: Telling): SharedAnswer {
  const { nowMs, nodes, isLate, aheadMs, forgiven, heardMs } = answer;
  if (!Number.isFinite(nowMs)) throw new RangeError(`The shared store says that the time is ${nowMs}`);
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > MOST_NODES) throw new RangeError(`The shared store counts ${nodes} servers`);
  if (isLate) return { ...answer, aheadMs: [], forgiven: [] };
  if (!Array.isArray(aheadMs) || aheadMs.length !== telling.spendings.length || !aheadMs.every(Number.isFinite))
    throw new RangeError(`The shared store does not answer with one number for each of ${telling.spendings.length} keys`);
  if (!Number.isFinite(heardMs) || !Array.isArray(forgiven) || !forgiven.every((key) => typeof key === 'string'))
    throw new RangeError('The shared store does not tell what was forgiven');
  const furthestMs = nodes * telling.toleranceMs;
  return { ...answer, aheadMs: aheadMs.map((ahead) => Math.min(Math.max(0, ahead), furthestMs)) };
}
