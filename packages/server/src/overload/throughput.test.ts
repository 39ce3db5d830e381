import { expect, it } from 'vitest';
import { createThroughput } from './overload.ts';

it('counts what runs, and only what finishes as finished', () => {
  const throughput = createThroughput();
  throughput.begin(0);
  throughput.begin(0);
  throughput.end(100, false);
  throughput.end(1_000, true);
  expect(throughput.running).toBe(0);
  // Halfway from the first guess of 0.1 to one in 1,000 ms.
  expect(throughput.perMs).toBeCloseTo((0.1 + 0.001) / 2);
});

it('leaves idle time out', () => {
  const throughput = createThroughput();
  let nowMs = 0;
  for (let request = 0; request < 1_000; request += 1) {
    throughput.begin(nowMs);
    nowMs += 2;
    throughput.end(nowMs, true);
    nowMs += 60_000;
  }
  expect(throughput.perMs).toBeCloseTo(0.5);
});
