import { expect, it } from 'vitest';
import { createDeliveryCounters } from './delivery-counters.ts';

it('finds the oldest of more pending events than a call takes arguments', () => {
  const counters = createDeliveryCounters();
  expect(counters.oldestAt).toBeUndefined();
  for (let count = 0; count < 200_000; count += 1) counters.notePending({ tenant: `t${count}`, name: 'hook' }, 200_000 - count);
  expect([counters.pending, counters.oldestAt]).toEqual([200_000, 1]);
});
