import { expect, it } from 'vitest';
import { createOverload, type Permit } from './overload.ts';

/** What a request costs, in milliseconds. */
const REQUEST_MS = 1;
/** What its 503 costs of it, in processor time (`npm run bench:server -- --only reads`, 503 beside the list of 50 and the GET of one). */
const REFUSAL_OF = { list: 0.26, get: 0.8 } as const;
const PATIENCE_MS = 10_000;

/**
 * A process that begins in each round what arrived during the one before, under `load` times what it can do, where a refusal costs `refusalMs`.
 * Returns what is answered in time as a share of its capacity, and the 99th percentile of how long that took.
 */
function simulateRounds(load: number, refusalMs: number, mostRunning: number) {
  const now = { ms: 0 };
  const overload = createOverload({ clock: { monotonic: () => now.ms }, mostRunning });
  const waits: number[] = [];
  const seconds = 30;
  let arrived = 0;
  while (now.ms < seconds * 1_000) {
    const batch: { readonly arrivedMs: number; readonly permit: Permit }[] = [];
    let refused = 0;
    const upTo = Math.floor((now.ms * load) / REQUEST_MS);
    for (; arrived <= upTo; arrived += 1) {
      const permit = overload.admit({ priority: 'read' });
      if (permit.isAdmitted) batch.push({ arrivedMs: (arrived * REQUEST_MS) / load, permit });
      else refused += 1;
    }
    now.ms += Math.max(0.1, batch.length * REQUEST_MS + refused * refusalMs);
    for (const { arrivedMs, permit } of batch) {
      permit[Symbol.dispose]();
      if (now.ms - arrivedMs <= PATIENCE_MS) waits.push(now.ms - arrivedMs);
    }
  }
  waits.sort((left, right) => left - right);
  return { goodput: (waits.length * REQUEST_MS) / now.ms, p99Ms: waits[Math.floor(waits.length * 0.99)] ?? 0 };
}

it.each([
  ['list', 0.9, 0.89, 10],
  ['list', 2, 0.6, 900],
  ['list', 3, 0.25, 2_000],
  // Refusing a GET costs most of what answering it costs, so that a process can refuse little more than it can answer.
  ['get', 0.9, 0.89, 10],
  ['get', 1.1, 0.5, 1_000],
] as const)('refusing a %s, at %f times the capacity at least %f of it is answered within %i ms', (refused, load, goodput, p99Ms) => {
  const capped = simulateRounds(load, REFUSAL_OF[refused], 256);
  expect(capped.goodput).toBeGreaterThan(goodput);
  expect(capped.p99Ms).toBeLessThan(p99Ms);
});

it('without a cap rounds become longer and longer, until all answers are late', () => {
  const open = simulateRounds(2, REFUSAL_OF.list, Number.POSITIVE_INFINITY);
  expect(open.goodput).toBeLessThan(0.6);
  expect(open.p99Ms).toBeGreaterThan(9_000);
});

it('serves nearly all requests of six times as many callers as may run, within five attempts, although those who are served ask again at once', () => {
  const now = { ms: 0 };
  const overload = createOverload({ clock: { monotonic: () => now.ms }, mostRunning: 100 });
  const roundTripMs = 2;
  const callers = Array.from({ length: 600 }, (_, at) => ({ asksMs: at / 10, attempts: 0, served: 0, givenUp: 0 }));
  while (now.ms < 60_000) {
    const arrived = callers.filter(({ asksMs }) => asksMs <= now.ms).sort((left, right) => left.asksMs - right.asksMs);
    const begun = arrived.map((caller) => ({ caller, admission: overload.admit({ priority: 'read' }) }));
    const admitted = begun.filter(({ admission }) => admission.isAdmitted).length;
    now.ms += Math.max(0.1, admitted * REQUEST_MS + (begun.length - admitted) * REFUSAL_OF.list);
    for (const { caller, admission } of begun) {
      caller.attempts += 1;
      if (admission.isAdmitted) {
        admission[Symbol.dispose]();
        caller.served += 1;
      } else if (caller.attempts === 5) caller.givenUp += 1;
      if (admission.isAdmitted || caller.attempts === 5) caller.attempts = 0;
      caller.asksMs = now.ms + roundTripMs + (admission.isAdmitted ? 0 : Math.ceil(admission.retryAfterMs / 1_000) * 1_000);
    }
  }
  const sum = (of: 'served' | 'givenUp') => callers.reduce((total, caller) => total + caller[of], 0);
  expect((sum('served') * REQUEST_MS) / now.ms).toBeGreaterThan(0.9);
  // Nothing is kept for those who return, so that some do so in vain five times.
  expect(sum('givenUp') / (sum('served') + sum('givenUp'))).toBeLessThan(0.08);
});
