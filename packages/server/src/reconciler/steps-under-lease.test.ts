import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { expect, it } from 'vitest';
import { AT_ONCE, STEPPED, type StepResult } from './outcome.ts';
import { stepsUnderLease } from './steps-under-lease.ts';

/** Runs steps of which the last is done, each `stepMs` long; returns what became of them and how many ran. */
async function run(steps: number, { stepMs = 0, mayFollow = () => true }: { stepMs?: number; mayFollow?: () => boolean } = {}) {
  const clock = createManualClock();
  let ran = 0;
  async function step(): Promise<StepResult> {
    ran += 1;
    await clock.advance(stepMs);
    return ran < steps ? STEPPED : { outcome: 'done' };
  }
  return { outcome: await stepsUnderLease(clock, step, mayFollow), ran };
}

it('runs the steps that follow at once', async () => {
  expect(await run(5)).toEqual({ outcome: { outcome: 'done' }, ran: 5 });
});

it('ends after eight steps, after a second, and where none may follow', async () => {
  expect(await run(100)).toEqual({ outcome: AT_ONCE, ran: 8 });
  expect(await run(100, { stepMs: 500 })).toEqual({ outcome: AT_ONCE, ran: 2 });
  expect(await run(100, { mayFollow: () => false })).toEqual({ outcome: AT_ONCE, ran: 1 });
});
