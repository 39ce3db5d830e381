import type { Clock } from '@openkupe/contract';
import type { Owner, Schedule } from './schedule.ts';

/** The beginning of the world: ten minutes before a month ends, so that many worlds see one closed. */
const START = Date.UTC(2026, 0, 31, 23, 50);

/** A machine whose wall clock may be set. */
export interface Machine {
  /** What its wall clock shows too much, in milliseconds. */
  wallOffsetMs: number;
}

/** The clock of a process on a machine: its monotonic clock begins with it, and its timers end with it. */
export function createProcessClock(schedule: Schedule, owner: Owner, machine: Machine): Clock {
  const bornMs = schedule.nowMs;
  return {
    now: () => START + schedule.nowMs + machine.wallOffsetMs,
    monotonic: () => schedule.nowMs - bornMs,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
          cancel();
          reject(signal?.reason);
        };
        const cancel = schedule.after(Math.ceil(ms), owner, 'timer', () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        });
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
  };
}
