import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { describe, expect, it } from 'vitest';
import type { StepOutcome } from './outcome.ts';
import { withinTimeLimit } from './time-limit.ts';

const DONE: StepOutcome = { outcome: 'done' };

describe('the time limit of a step', () => {
  it('leaves no timer behind a step that ends in time', async () => {
    const clock = createManualClock();
    expect(await withinTimeLimit(clock, 1_000, async () => DONE)).toBe(DONE);
    expect(clock.sleeping).toBe(0);
  });

  it('gives up a step that hangs, and tells it that the lease is no longer its own', async () => {
    const clock = createManualClock();
    let holdsLease = () => true;
    const result = withinTimeLimit(clock, 1_000, (stillOurs) => {
      holdsLease = stillOurs;
      return new Promise(() => {});
    });
    await clock.advance(999);
    expect(holdsLease()).toBe(true);
    await clock.advance(1);
    expect(await result).toMatchObject({ outcome: 'failed', error: new Error('it took longer than 1000 ms') });
    expect(holdsLease()).toBe(false);
  });

  it('begins no step after giving up: its work is due again at once', async () => {
    let hasBegun = false;
    const step = async () => {
      hasBegun = true;
      return DONE;
    };
    const result = await withinTimeLimit(createManualClock(), 1_000, step, AbortSignal.abort('stopping'));
    expect([result, hasBegun]).toEqual([{ outcome: 'again', afterMs: 0 }, false]);
  });

  it('begins no step where no time is left', async () => {
    const step = () => Promise.reject(new Error('began'));
    expect(await withinTimeLimit(createManualClock(), 0, step)).toEqual({ outcome: 'again', afterMs: 0 });
  });

  it('takes a step that throws as failed', async () => {
    const error = new Error('no');
    expect(await withinTimeLimit(createManualClock(), 1_000, () => Promise.reject(error))).toEqual({
      outcome: 'failed',
      what: 'step',
      error,
    });
  });

  it('hears no late failure of a step that was given up', async () => {
    const clock = createManualClock();
    const late = Promise.withResolvers<StepOutcome>();
    const result = withinTimeLimit(clock, 1_000, () => late.promise);
    await clock.advance(1_000);
    expect((await result).outcome).toBe('failed');
    late.reject(new Error('unheard'));
    await clock.advance(1);
  });
});
