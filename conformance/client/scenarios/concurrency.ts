import type { Received } from '../difficult-server.ts';
import { expectSuccess } from '../expectations.ts';
import { error, ok } from '../replies.ts';
import { each, type Scenario } from '../scenario.ts';

/** Long enough that what was sent together is in flight together. */
const HELD_MS = 400;
/** So often each request is refused, however many there are. */
const REFUSALS = 2;

/** How many of these requests were in flight at once, at the most. */
function peak(requests: readonly Received[]): number {
  return Math.max(0, ...requests.map(({ atMs }) => requests.filter((other) => other.atMs <= atMs && atMs < other.atMs + HELD_MS).length));
}

/** The requests by how often their path had been asked for before. */
function attempts(received: readonly Received[], number: number): Received[] {
  return received.filter((one, at) => received.slice(0, at).filter(({ path }) => path === one.path).length === number);
}

/** What a client does with its own concurrency. */
export const CONCURRENCY: readonly Scenario[] = [
  {
    requirement: 'C12',
    title: 'when 429 keeps happening, fewer requests are in flight than at first',
    task: 'many',
    answer(received) {
      const path = received.at(-1)?.path;
      const asked = received.filter((one) => one.path === path).length;
      return { ...(asked <= REFUSALS ? error(429, { 'Retry-After': '1' }) : ok()), heldMs: HELD_MS };
    },
    judge: each((outcome) => {
      const first = peak(attempts(outcome.received, 0));
      const last = peak(attempts(outcome.received, REFUSALS));
      if (first > 1 && last >= first) return `${first} requests were in flight at first, and ${last} after two rounds of 429`;
      return expectSuccess(outcome);
    }),
  },
];
