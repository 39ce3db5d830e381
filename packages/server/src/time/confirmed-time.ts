import type { Clock } from '@openkupe/contract';
import type { KnownTime } from '../store/store.ts';

/** What cannot be undone (closing a month, deleting what expired) is decided by this time, not by one reading of the wall clock. */
export interface ConfirmedTime {
  /** The best estimate, epoch milliseconds. It runs with `monotonic`; a step of the wall clock counts once it is confirmed. */
  now(): number;
  /** What has passed for certain: at a start it lags by the downtime until the wall clock has been believed for {@link CONFIRM_MS}. */
  atLeast(): number;
  /** The step of the wall clock that does not count yet; `undefined` while wall clock and {@link now} agree. */
  heldStep(): HeldStep | undefined;
  /** The operator's word: the wall clock is right. */
  confirm(): void;
  /** For the store, so that the next process knows how far this one came. */
  known(): KnownTime;
}

export interface HeldStep {
  readonly wallMs: number;
  readonly knownMs: number;
  /** Whether it is too large to be confirmed by the time that passes: only the operator can. */
  readonly needsOperator: boolean;
}

/** A difference up to this is drift: it is followed at a tenth of the speed of time. Anything larger is a step. Milliseconds. */
export const DRIFT_MS = 10_000;
/** How long a step has to last until it counts. RFC 5905 §11.3 (stepout) waits 5 minutes; nothing here is in a hurry. Milliseconds. */
export const CONFIRM_MS = 15 * 60_000;
/** The largest step, and the longest downtime, that counts without the operator: more than a long weekend, less than a month. Milliseconds. */
export const LARGEST_STEP_MS = 7 * 24 * 60 * 60_000;

/** Clock discipline as in NTP, for a process that knew the time to be `before` when it last ran (`undefined` for the first ever). */
export function createConfirmedTime({ now: wall, monotonic }: Pick<Clock, 'now' | 'monotonic'>, before?: KnownTime): ConfirmedTime {
  const startMs = monotonic();
  const certainAtStart = before?.certainMs ?? 0;
  const downMs = before === undefined ? 0 : wall() - before.knownMs;
  const isBelieved = downMs >= -DRIFT_MS && downMs <= LARGEST_STEP_MS;
  /** {@link ConfirmedTime.now} minus `monotonic`. */
  let offset = (isBelieved || before === undefined ? wall() : before.knownMs) - startMs;
  let lookedMs = startMs;
  /** The offset that the wall clock claims, and since when it claims that one. */
  let claim: { readonly offset: number; readonly sinceMs: number } | undefined;
  let isCertain = false;

  function look(): void {
    const nowMs = monotonic();
    const claimed = wall() - nowMs;
    const difference = claimed - offset;
    const mostMs = (nowMs - lookedMs) / 10;
    lookedMs = nowMs;
    if (Math.abs(difference) <= DRIFT_MS) {
      offset += Math.min(mostMs, Math.max(-mostMs, difference));
      claim = undefined;
      isCertain ||= nowMs - startMs >= CONFIRM_MS;
      return;
    }
    if (!claim || Math.abs(claim.offset - claimed) > DRIFT_MS) claim = { offset: claimed, sinceMs: nowMs };
    if (Math.abs(difference) <= LARGEST_STEP_MS && nowMs - claim.sinceMs >= CONFIRM_MS) adopt(claimed);
  }
  function adopt(claimed: number): void {
    offset = claimed;
    claim = undefined;
    isCertain = true;
  }
  const now = () => {
    look();
    return Math.round(monotonic() + offset);
  };
  const atLeast = () => {
    const best = now();
    return isCertain ? best : Math.min(best, Math.round(certainAtStart + monotonic() - startMs));
  };

  return {
    now,
    atLeast,
    heldStep() {
      const knownMs = now();
      if (!claim) return undefined;
      const wallMs = wall();
      return { wallMs, knownMs, needsOperator: Math.abs(wallMs - knownMs) > LARGEST_STEP_MS };
    },
    confirm: () => adopt(wall() - monotonic()),
    known: () => ({ knownMs: now(), certainMs: atLeast() }),
  };
}
