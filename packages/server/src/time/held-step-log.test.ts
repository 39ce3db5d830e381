import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { expect, it } from 'vitest';
import { createConfirmedTime } from './confirmed-time.ts';
import { createHeldStepLog } from './held-step-log.ts';

it('tells of a step once, what ends it, and when it is over', async () => {
  const clock = createManualClock(Date.UTC(2026, 0, 1));
  const messages: string[] = [];
  const note = (_fields: unknown, message: string) => messages.push(message);
  const log = { info: note, warn: note, error: () => {} };
  const look = createHeldStepLog({ confirmedTime: createConfirmedTime(clock), log });
  look();
  clock.setWallClock(40 * 86_400_000);
  for (let count = 0; count < 3; count += 1) look();
  clock.setWallClock(-39 * 86_400_000);
  look();
  clock.setWallClock(-86_400_000);
  look();
  look();
  expect(messages).toEqual([
    'The wall clock was set to 2026-02-10T00:00:00Z; bills and idempotency records go by 2026-01-01T00:00:00Z until an operator confirms it with: openkupe operator billing confirm-clock 2026-02-10',
    'The wall clock was set to 2026-01-02T00:00:00Z; bills and idempotency records go by 2026-01-01T00:00:00Z until the wall clock has said so for 15 minutes',
    'The wall clock is believed again',
  ]);
});
