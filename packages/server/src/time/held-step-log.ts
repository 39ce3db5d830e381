import type { Log } from '../log/log.ts';
import { CONFIRM_MS, type ConfirmedTime } from './confirmed-time.ts';
import { describeHeldStep } from './describe-held-step.ts';

/** Makes a function that logs a held step of the wall clock when it is new, and once more when it is gone. Call it regularly. */
export function createHeldStepLog({ confirmedTime, log }: { confirmedTime: Pick<ConfirmedTime, 'heldStep'>; log: Log }): () => void {
  let reported: number | undefined;
  return () => {
    const step = confirmedTime.heldStep();
    const differenceMs = step && step.wallMs - step.knownMs;
    const isReported = reported === differenceMs || Math.abs((reported ?? Number.NaN) - (differenceMs ?? Number.NaN)) < CONFIRM_MS;
    if (isReported) return;
    reported = differenceMs;
    if (step) log.warn({ differenceMs, needsOperator: step.needsOperator }, describeHeldStep(step));
    else log.info({}, 'The wall clock is believed again');
  };
}
