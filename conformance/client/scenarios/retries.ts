import { expectCount, expectFailure, expectSuccess, laterPausesMs, pausesMs } from '../expectations.ts';
import { error, inOrder, ok } from '../replies.ts';
import { each, type Outcome, type Scenario } from '../scenario.ts';

/** Enough to tell chance from habit: with full jitter a single run may pause next to nothing. */
const RUNS = 6;
/** What the second to fourth pauses of six runs add up to at least. With full jitter their mean is at 42 s; less than this comes once in 10⁷. */
const LEAST_FOUR_PAUSES_MS = 12_000;
/** The same for the second and third pauses, whose mean is at 18 s; less than this comes once in 10⁶. */
const LEAST_THREE_PAUSES_MS = 4_000;
/** The third and the fourth pauses of six runs, both within this share of their mean: with jitter of ±10 % once in 8,000, with more never. */
const LEAST_SPREAD = 0.06;
/** The later two pauses are four times the earlier two in the mean; with full jitter less than this comes twice in 10⁵. */
const LEAST_GROWTH = 1.2;

const expectFewAttempts = (outcome: Outcome) => expectCount(outcome.received.length, 2, 5, 'the request') ?? expectFailure(outcome);

function expectPauses(outcomes: readonly Outcome[], leastMs: number): string | undefined {
  const totalMs = laterPausesMs(outcomes);
  if (totalMs >= leastMs) return undefined;
  return `its pauses after the first add up to ${Math.round(totalMs)} ms in ${outcomes.length} runs; a backoff from 1 s makes more than ${leastMs} ms`;
}

/** The pauses at one place of every run, in ms. */
const pausesAt = (outcomes: readonly Outcome[], at: number) => outcomes.flatMap((outcome) => pausesMs(outcome)[at] ?? []);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function expectJitter(outcomes: readonly Outcome[]): string | undefined {
  const isSpread = [2, 3].some((at) => {
    const pauses = pausesAt(outcomes, at);
    return Math.max(...pauses) - Math.min(...pauses) >= (LEAST_SPREAD * sum(pauses)) / pauses.length;
  });
  return isSpread ? undefined : 'its pauses are the same in every run, so that clients that failed together come back together';
}

function expectGrowth(outcomes: readonly Outcome[]): string | undefined {
  const [early, late] = [
    [0, 1],
    [2, 3],
  ].map((places) => sum(places.flatMap((at) => pausesAt(outcomes, at)))) as [number, number];
  return late >= LEAST_GROWTH * early ? undefined : `its pauses do not grow: ${Math.round(early)} ms, then ${Math.round(late)} ms`;
}

/** What a client has to repeat, and how long it has to wait before. */
export const RETRIES: readonly Scenario[] = [
  {
    requirement: 'C5',
    title: 'a 500 that persists is repeated with backoff, and surfaced after at most five attempts',
    task: 'get',
    runs: RUNS,
    answer: inOrder(error(500)),
    judge: (outcomes) => each(expectFewAttempts)(outcomes) ?? expectPauses(outcomes, LEAST_FOUR_PAUSES_MS),
  },
  {
    requirement: 'C6',
    title: 'Retry-After is waited for in full',
    task: 'list',
    answer: inOrder(error(429, { 'Retry-After': '3' }), { status: 200, body: { items: [] } }),
    judge: each((outcome) => {
      const [pauseMs = 0] = pausesMs(outcome);
      return pauseMs < 3_000 ? `it came back after ${Math.round(pauseMs)} ms, not after 3 s` : expectSuccess(outcome);
    }),
  },
  {
    requirement: 'C6',
    title: 'a 429 without Retry-After is waited out, not hammered',
    task: 'list',
    runs: RUNS,
    answer: inOrder(error(429), error(429), error(429), { status: 200, body: { items: [] } }),
    judge: (outcomes) => each(expectSuccess)(outcomes) ?? expectPauses(outcomes, LEAST_THREE_PAUSES_MS),
  },
  {
    requirement: 'C9',
    title: 'a 503 is repeated until it is over',
    task: 'get',
    answer: inOrder(error(503), error(503), ok()),
    judge: each((outcome) => expectCount(outcome.received.length, 3, 3, 'the request') ?? expectSuccess(outcome)),
  },
  {
    requirement: 'C9',
    title: 'a 503 that persists is repeated with pauses that grow and differ, at most five times in all',
    task: 'get',
    runs: RUNS,
    answer: inOrder(error(503)),
    judge(outcomes) {
      const fault = each(expectFewAttempts)(outcomes) ?? expectPauses(outcomes, LEAST_FOUR_PAUSES_MS);
      if (fault !== undefined || outcomes.some(({ received }) => received.length < 5)) return fault;
      return expectJitter(outcomes) ?? expectGrowth(outcomes);
    },
  },
];
