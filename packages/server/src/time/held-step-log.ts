import type { Log } from '../log/log.ts';
import { CONFIRM_MS, type ConfirmedTime } from './confirmed-time.ts';
import { describeHeldStep } from './describe-held-step.ts';

/** Logs, each time it is called, a step of the wall clock that is held back: once when it is new, and again when it no longer is. */
export function createHeldStepLog({ confirmedTime, log }: { confirmedTime: Pick<ConfirmedTime, 'heldStep'>; log: Log }): () => void {
  let told: number | undefined;
  return () => {
    const step = confirmedTime.heldStep();
    const differenceMs = step && step.wallMs - step.knownMs;
    const isTold = differenceMs === undefined ? told === undefined : told !== undefined && Math.abs(differenceMs - told) < CONFIRM_MS;
    if (isTold) return;
    told = differenceMs;
    if (step) log.warn({ differenceMs, needsOperator: step.needsOperator }, describeHeldStep(step));
    else log.info({}, 'The wall clock is believed again');
  };
}
