import type { Clock } from '@openkupe/contract';
import type { KnownTime } from '../store/store.ts';

/** The time by which irreversible things are decided (closing a month, deleting expired rows), instead of one reading of the wall clock. */
export interface ConfirmedTime {
  /** The best estimate, epoch milliseconds. It advances with `monotonic`; a step of the wall clock is applied once it is confirmed. */
  now(): number;
  /** A lower bound: after a start it lags by the downtime until the wall clock was plausible for {@link CONFIRM_MS}. */
  atLeast(): number;
  /** The step of the wall clock that is not applied yet; `undefined` while wall clock and {@link now} agree. */
  heldStep(): HeldStep | undefined;
  /** Applies the held step: the operator says that the wall clock is right. */
  confirm(): void;
  /** What to store, so that the next process starts from this time. */
  known(): KnownTime;
}

/** A step of the wall clock that is not applied yet. Epoch milliseconds. */
export interface HeldStep {
  readonly wallMs: number;
  readonly knownMs: number;
  /** Whether it is larger than {@link LARGEST_STEP_MS}, so that only the operator can confirm it. */
  readonly needsOperator: boolean;
}

/** A difference up to this is drift, which is slewed at a tenth of the speed of time. Anything larger is a step. Milliseconds. */
export const DRIFT_MS = 10_000;
/** How long a step has to last until it is applied. RFC 5905 §11.3 (stepout) waits 5 minutes; nothing here is urgent. Milliseconds. */
export const CONFIRM_MS = 15 * 60_000;
/** The largest step, and the longest downtime, that is applied without the operator: above a long weekend, below a month. Milliseconds. */
export const LARGEST_STEP_MS = 7 * 24 * 60 * 60_000;

/** Clock discipline as in NTP. `before` is what the previous process stored; `undefined` at the first start. */
export function createConfirmedTime({ now: wall, monotonic }: Pick<Clock, 'now' | 'monotonic'>, before?: KnownTime): ConfirmedTime {
  const startMs = monotonic();
  const certainAtStart = before?.certainMs ?? 0;
  const downMs = before === undefined ? 0 : wall() - before.knownMs;
  const isBelieved = downMs >= -DRIFT_MS && downMs <= LARGEST_STEP_MS;
  /** {@link ConfirmedTime.now} minus `monotonic`. */
  let offset = (isBelieved || before === undefined ? wall() : before.knownMs) - startMs;
  let readMs = startMs;
  /** The offset that the wall clock implies, and since when it is stable. */
  let claim: { readonly offset: number; readonly sinceMs: number } | undefined;
  let isCertain = false;

  function read(): void {
    const nowMs = monotonic();
    const claimed = wall() - nowMs;
    const difference = claimed - offset;
    const mostMs = (nowMs - readMs) / 10;
    readMs = nowMs;
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
    read();
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
