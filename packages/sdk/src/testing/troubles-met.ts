import { expect, vi } from 'vitest';
import type { TroublesomeServer } from './troublesome-server.ts';

interface Outcome {
  readonly version?: string;
  readonly error?: string;
  readonly message?: string;
  readonly recovered?: string;
  readonly attempts: readonly { readonly status?: number; readonly outcome: string; readonly decision: string; readonly waitMs: number }[];
  readonly tookMs: number;
}

interface Abort {
  readonly hasOwnReason: boolean;
  readonly endedAfterMs: number;
}

/** What runtimes/meet-troubles.mjs returns. */
export interface Report {
  readonly transport: string;
  readonly limited: Outcome;
  readonly unavailable: Outcome;
  readonly broken: Outcome;
  readonly contested: Outcome;
  readonly moved: Outcome;
  readonly dead: Outcome;
  readonly abortedWait: Abort;
  readonly abortedRequest: Abort;
  readonly lost: Outcome;
}

const MOST_ABORT_MS = 1_000;

const statuses = ({ attempts }: Outcome) => attempts.map(({ status, outcome }) => status ?? outcome);

/**
 * Holds a report, and what the server saw of that run, to what has to come of every trouble. A browser sends a POST again
 * by itself when a kept connection is closed (`sendsPostsOnce: false`), and no page can prevent it: always with the same key, at least.
 */
export async function expectTroublesMet(
  report: Report,
  { server: { visits }, run, sendsPostsOnce = true }: { server: TroublesomeServer; run: string; sendsPostsOnce?: boolean },
): Promise<void> {
  const seen = (trouble: string) => visits.filter((visit) => visit.run === run && visit.trouble === trouble);

  expect(statuses(report.limited)).toEqual([429, 200]);
  expect(report.limited.attempts[0]).toMatchObject({ decision: 'retry-after' });
  expect(report.limited.tookMs).toBeGreaterThanOrEqual(1_000);

  expect(statuses(report.unavailable)).toEqual([503, 200]);
  expect(report.unavailable.attempts[0]).toMatchObject({ decision: 'backoff' });
  expect(statuses(report.broken)).toEqual(['no-answer', 200]);
  for (const { version } of [report.limited, report.unavailable, report.broken]) expect(version).toBe('1.31');

  expect(report.contested.version).toBe('1.32');
  expect(seen('contested').map(({ method, headers }) => `${method} ${headers['if-match'] ?? ''}`)).toEqual([
    'GET ',
    'PATCH "10"',
    'GET ',
    'PATCH "11"',
  ]);

  expect(report.moved).toMatchObject({ error: 'DecodeError', message: expect.stringContaining('redirect') });
  expect(visits.filter((visit) => visit.run === 'elsewhere')).toEqual([]);
  expect(report.dead).toMatchObject({ error: 'ConnectionError' });

  for (const { hasOwnReason, endedAfterMs } of [report.abortedWait, report.abortedRequest]) {
    expect(hasOwnReason).toBe(true);
    expect(endedAfterMs).toBeLessThan(MOST_ABORT_MS);
  }
  expect(seen('endless')).toHaveLength(1);
  // NOTE: the report may overtake the end of the connection.
  await vi.waitFor(() => expect(seen('silent').map(({ wasAbandoned }) => wasAbandoned)).toEqual([true]));

  expect(statuses(report.lost)).toEqual(['no-answer', 200]);
  expect(report.lost.recovered).toBe('already-created');
  const posts = seen('lost').filter(({ method }) => method === 'POST');
  expect(new Set(posts.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  if (sendsPostsOnce) expect(posts).toHaveLength(1);
}
