import type { Random } from '@openkupe/contract/random';
import { jain, type Measures } from './measure.ts';

/** One call that succeeded: whose it was, and when. */
export interface Completion {
  readonly sharer: number;
  readonly atMs: number;
}

function countPerSharer(completions: readonly Completion[], sharers: number): number[] {
  const counts = new Array<number>(sharers).fill(0);
  for (const { sharer } of completions) counts[sharer] = (counts[sharer] ?? 0) + 1;
  return counts;
}

/**
 * How evenly sharers were served: what each had at the half of the ideal time, what each got of the middle half of all completions,
 * and how long each took from when it joined to its last success.
 */
export function fairness(completions: readonly Completion[], joinedAtMs: readonly number[], halfMs: number): Measures {
  const sharers = joinedAtMs.length;
  const inOrder = completions.toSorted((one, other) => one.atMs - other.atMs);
  const middle = inOrder.slice(Math.floor(inOrder.length / 4), Math.ceil((inOrder.length * 3) / 4));
  const finishMs = new Array<number>(sharers).fill(0);
  for (const { sharer, atMs } of inOrder) finishMs[sharer] = atMs - (joinedAtMs[sharer] ?? 0);
  const early = inOrder.filter(({ atMs }) => atMs <= halfMs);
  return {
    Jain: jain(countPerSharer(early, sharers)),
    'Jain of the middle': jain(countPerSharer(middle, sharers)),
    'Jain of finish times': jain(finishMs),
    'slowest/fastest': Math.max(...finishMs) / Math.max(1, Math.min(...finishMs)),
  };
}

/**
 * A perfectly fair lottery: each of the ideal acceptances goes to one of those who still have calls left, with equal chances. Nothing
 * that decides call by call and remembers nothing can be fairer, and even this is not at 1.
 */
export function drawLottery(
  acceptancesMs: readonly number[],
  joinedAtMs: readonly number[],
  callsEach: number,
  random: Random,
): Completion[] {
  const left = joinedAtMs.map(() => callsEach);
  return acceptancesMs.map((atMs) => {
    const players = left.flatMap((calls, sharer) => (calls > 0 && (joinedAtMs[sharer] ?? 0) <= atMs ? [sharer] : []));
    const sharer = players[Math.floor(random.unit() * players.length)] ?? 0;
    left[sharer] = (left[sharer] ?? 0) - 1;
    return { sharer, atMs };
  });
}
