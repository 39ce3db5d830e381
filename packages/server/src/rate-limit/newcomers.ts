/**
 * Lanes by whom they belong to. Whoever has no credential shares one lane, and so do, three of them, those whose credential has not
 * proved itself yet, so that inventing some does not win a larger share. In a crowd of invented ones a real newcomer would never find a
 * token: so each credential has its turn, two seconds of every minute that follow from its hash, and in it may use half of the reserve.
 * Whoever was refused is told its turn; whoever is invented anew with each request meets its own by chance only.
 */
export const ANONYMOUS_LANE = 0;
/** Lane ids below this are for whoever has not proved a credential. Together they have the share of one lane: inventing wins no more. */
export const UNPROVEN_LANES = 4;

const TURN_MS = 2000;
const TURNS = 30;

/** The lane of a credential that has proved itself, by its hash. */
export const provenLane = (hash: number): number => (hash & 0x7fffffff) | UNPROVEN_LANES;
/** What tells an unproven credential, by its hash. */
export const unprovenLane = (hash: number): number => hash | 0x80000000;
export const isUnproven = (lane: number): boolean => lane < 0;

/** The lane that it shares. */
export const sharedLane = (lane: number): number => (isUnproven(lane) ? 1 + ((lane >>> 3) % (UNPROVEN_LANES - 1)) : lane);

const turnOf = (lane: number) => ((lane & 0x7fffffff) >>> 7) % TURNS;

export function isTurn(lane: number, nowMs: number): boolean {
  return Math.floor(nowMs / TURN_MS) % TURNS === turnOf(lane);
}

/** When its first turn from `fromMs` on begins. */
export function nextTurnMs(lane: number, fromMs: number): number {
  const first = Math.ceil(fromMs / TURN_MS);
  const ahead = (turnOf(lane) - (first % TURNS) + TURNS) % TURNS;
  return (first + ahead) * TURN_MS;
}
