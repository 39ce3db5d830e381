import type { Scenario } from './scenario.ts';
import { CONCURRENCY } from './scenarios/concurrency.ts';
import { RETRIES } from './scenarios/retries.ts';
import { STOP } from './scenarios/stop.ts';
import { WRITES } from './scenarios/writes.ts';

/** Every scenario, at least one for each of C1 to C13. */
export const SCENARIOS: readonly Scenario[] = [...STOP, ...RETRIES, ...WRITES, ...CONCURRENCY];
